package conn

import (
	"container/list"
	"sync"
	"time"

	"github.com/longsplice/longsplice/internal/session"
)

// registry holds a server's sessions by the keys that resume them, those that
// wait for their clients in the order in which they began to, and what is left
// of those that are over.
type registry struct {
	cfg *Config

	mu     sync.Mutex // covers what follows; never held while a Conn's is taken
	byKey  map[session.Key]*seat
	seats  map[*Conn]*seat
	parked *list.List            // of *seat, longest first
	byWho  map[string]*list.List // the same for each identity but the empty one
	bytes  int64                 // that the parked take up
	tombs  *list.List            // of *seat, oldest first
	sweep  *time.Timer
	idle   chan struct{} // closed when there is no session; nil unless asked for
	closed bool
}

// A seat is a session's place in the registry. When the session is over, c is
// nil and entry is what remains of it.
type seat struct {
	c      *Conn
	entry  *session.Entry
	who    string
	keys   [2]session.Key
	gen    uint64        // of the link that keys go with
	parked *list.Element // in registry.parked; nil while there is a link
	own    *list.Element // in registry.byWho
	lost   uint64        // generation of the link that it was last parked after
	bytes  int64
	until  time.Duration // of a tomb
}

// sessionCost is what a session takes up beside its send buffer, roughly: its
// own state and its handler's stack. Without it, strangers could pile up empty
// sessions.
const sessionCost = 8 << 10

// maxTombs bounds what is kept of sessions that are over.
const maxTombs = 1 << 16

func (r *registry) init(cfg *Config) {
	r.cfg = cfg
	r.byKey = map[session.Key]*seat{}
	r.seats = map[*Conn]*seat{}
	r.byWho = map[string]*list.List{}
	r.parked, r.tombs = list.New(), list.New()
}

// add takes in a new session.
func (r *registry) add(c *Conn, e *session.Entry) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := &seat{c: c, entry: e, who: c.who}
	confirmed, _ := e.Keys()
	r.seats[c] = s
	r.setKeys(s, [2]session.Key{confirmed})
}

// setKeys makes keys those that resume s.
func (r *registry) setKeys(s *seat, keys [2]session.Key) {
	for _, k := range s.keys {
		if r.byKey[k] == s {
			delete(r.byKey, k)
		}
	}
	s.keys = keys
	for _, k := range keys {
		if k != (session.Key{}) {
			r.byKey[k] = s
		}
	}
}

func (r *registry) find(k session.Key) *seat {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.byKey[k]
	if s == nil {
		return nil
	}
	found := *s
	return &found
}

// rekey follows a resumption, on the link of generation gen. Two resumptions of
// one session may come here in either order; the later one counts.
func (r *registry) rekey(c *Conn, gen uint64, confirmed, issued session.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if s := r.seats[c]; s != nil && gen > s.gen {
		s.gen = gen
		r.setKeys(s, [2]session.Key{confirmed, issued})
	}
}

// retire drops a key that a newer one has replaced for good.
func (r *registry) retire(k session.Key) {
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.byKey[k]
	if s == nil {
		return
	}
	delete(r.byKey, k)
	for i := range s.keys {
		if s.keys[i] == k {
			s.keys[i] = session.Key{}
		}
	}
}

func (r *registry) all() []*Conn {
	r.mu.Lock()
	defer r.mu.Unlock()
	conns := make([]*Conn, 0, len(r.seats))
	for c := range r.seats {
		conns = append(conns, c)
	}
	return conns
}

func (r *registry) len() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return len(r.seats)
}

// drained returns a channel that is closed once there is no session.
func (r *registry) drained() <-chan struct{} {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.idle == nil {
		r.idle = make(chan struct{})
		r.checkIdle()
	}
	return r.idle
}

func (r *registry) checkIdle() {
	if r.idle != nil && len(r.seats) == 0 {
		select {
		case <-r.idle:
		default:
			close(r.idle)
		}
	}
}

// bury takes a session that is over out, and keeps what a client that missed
// the end has to be told.
func (r *registry) bury(c *Conn) {
	c.mu.Lock()
	remains := c.entry.Remains()
	c.mu.Unlock()
	r.mu.Lock()
	defer r.mu.Unlock()
	s := r.seats[c]
	if s == nil {
		return
	}
	delete(r.seats, c)
	r.unparkSeat(s)
	r.checkIdle()
	s.c, s.entry = nil, remains
	if s.keys == ([2]session.Key{}) || r.closed || !remains.Buried() {
		r.setKeys(s, [2]session.Key{})
		return
	}
	s.until = clock() + r.cfg.sessionTTL()
	r.tombs.PushBack(s)
	r.sweepTombs()
}

// sweepTombs drops those that are due, and sees to the next.
func (r *registry) sweepTombs() {
	now := clock()
	for e := r.tombs.Front(); e != nil; e = r.tombs.Front() {
		s := e.Value.(*seat)
		if s.until > now && r.tombs.Len() <= maxTombs {
			if r.sweep == nil {
				r.sweep = time.AfterFunc(s.until-now, func() {
					r.mu.Lock()
					defer r.mu.Unlock()
					r.sweep = nil
					r.sweepTombs()
				})
			}
			return
		}
		r.tombs.Remove(e)
		r.setKeys(s, [2]session.Key{})
	}
}

func (r *registry) close() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.closed = true
	if r.sweep != nil {
		r.sweep.Stop()
		r.sweep = nil
	}
	clear(r.byKey)
	r.tombs.Init()
}

// park takes note that a session waits for its client, and ends those for which
// there is no room.
func (r *registry) park(c *Conn) {
	c.mu.Lock()
	n, detached := c.s.Count(), c.link == nil && !c.ended
	gen, _ := c.s.Generation()
	c.mu.Unlock()
	if detached {
		r.parkAfter(c, gen, sessionCost+int64(n.Queued-n.Acked))
	}
}

// parkAfter is park for a session whose link of generation gen has died. By now
// the client may have come back.
func (r *registry) parkAfter(c *Conn, gen uint64, bytes int64) {
	r.mu.Lock()
	if s := r.seats[c]; s != nil && s.parked == nil && gen >= s.gen {
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

// grow takes note that a waiting session's send buffer holds n bytes more.
func (r *registry) grow(c *Conn, n int) {
	r.mu.Lock()
	if s := r.seats[c]; s != nil && s.parked != nil {
		s.bytes += int64(n)
		r.bytes += int64(n)
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
