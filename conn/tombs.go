package conn

import (
	"time"

	"github.com/longsplice/longsplice/internal/session"
)

// maxTombs bounds what is kept of sessions that are over.
const maxTombs = 1 << 16

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
