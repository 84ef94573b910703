package conn

import (
	"container/list"
)

// sessionCost is what a session takes up beside its messages, roughly: its
// own state and its handler's stack. Without it, strangers could pile up empty
// sessions.
const sessionCost = 16 << 10

// park takes note that a session waits for its client, and ends those for which
// there is no room.
func (r *registry) park(c *Conn) {
	c.mu.Lock()
	detached := c.link == nil && !c.ended
	gen, _ := c.s.Generation()
	bytes := c.weightLocked()
	c.mu.Unlock()
	if detached {
		r.parkAfter(c, gen, bytes)
	}
}

// parkAfter is park for a session whose link of generation gen has died. By now
// the client may have come back. Or it had come back and left again before the
// registry heard of the former: then it begins to wait anew.
func (r *registry) parkAfter(c *Conn, gen uint64, bytes int64) {
	r.mu.Lock()
	if s := r.seats[c]; s != nil && gen >= s.gen && (s.parked == nil || gen > s.lost) {
		r.unparkSeat(s)
		s.lost, s.bytes = gen, bytes
		r.bytes += bytes
		s.parked = r.parked.PushBack(s)
		if s.who != "" {
			own := r.byWho[s.who]
			if own == nil {
				own = list.New()
				r.byWho[s.who] = own
			}
			s.own = own.PushBack(s)
		}
	}
	evicted := r.evictFor(c.who)
	r.mu.Unlock()
	for _, c := range evicted {
		c.evict()
	}
}

// weightLocked is what the session takes up while it waits.
func (c *Conn) weightLocked() int64 {
	return sessionCost + int64(c.s.Count().Held) + int64(c.inbox.held)
}

// grow takes note that a waiting session takes up so many bytes by now. It never
// takes less while it waits, so what comes out of order does no harm.
func (r *registry) grow(c *Conn, bytes int64) {
	r.mu.Lock()
	if s := r.seats[c]; s != nil && s.parked != nil && bytes > s.bytes {
		r.bytes += bytes - s.bytes
		s.bytes = bytes
	}
	evicted := r.evictFor("")
	r.mu.Unlock()
	for _, c := range evicted {
		c.evict()
	}
}

// evict ends a session that waits, unless its client has just come back.
func (c *Conn) evict() {
	c.mu.Lock()
	if c.link == nil {
		c.loseLocked(LostEvicted, nil)
	}
	c.unlock()
}

// evictFor picks the sessions that have to go: of one identity, or by memory.
func (r *registry) evictFor(who string) (evicted []*Conn) {
	most, mostBytes := r.cfg.maxDetached(), r.cfg.maxDetachedBytes()
	for own := r.byWho[who]; most > 0 && own != nil && own.Len() > most; {
		s := own.Front().Value.(*seat)
		evicted = append(evicted, s.c)
		r.unparkSeat(s)
	}
	for mostBytes > 0 && r.bytes > mostBytes {
		s := r.parked.Front().Value.(*seat)
		evicted = append(evicted, s.c)
		r.unparkSeat(s)
	}
	return evicted
}

// unpark takes note that a session is on the link of generation gen, or was
// until that died, too.
func (r *registry) unpark(c *Conn, gen uint64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.seats[c]; s != nil && s.lost < gen {
		r.unparkSeat(s)
	}
}

func (r *registry) unparkSeat(s *seat) {
	if s.parked != nil {
		r.parked.Remove(s.parked)
		r.bytes -= s.bytes
		s.parked, s.bytes = nil, 0
		if s.own != nil {
			own := r.byWho[s.who]
			if own.Remove(s.own); own.Len() == 0 {
				delete(r.byWho, s.who)
			}
			s.own = nil
		}
	}
}
