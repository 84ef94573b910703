package main

import (
	"github.com/longsplice/longsplice/internal/wire"
)

// dial opens a new link, whatever became of the last. A client whose session is
// over begins another.
func (w *world) dial(s *slot) {
	c := s.client
	if c.done {
		w.begin(s)
		return
	}
	if c.retry > w.now {
		return
	}
	w.meet(metLink)
	h := c.dialer.Hello()
	if c.link != nil {
		w.detached(c)
	}
	l := w.newLink(s, h.Append(nil))
	l.owner, l.attempt = c, h.Attempt
	c.newest = l
	w.note("link %d: %s says HELLO %d at %d/%d", l.n, c.name(), h.Attempt, h.Received, h.Consumed)
}

// resumes takes a client from link to link, as fast as it can.
func (w *world) resumes(s *slot, n int) {
	for range n {
		if s.client.done {
			return
		}
		w.dial(s)
		w.deliver(s.client.newest, server, socket)
		w.deliver(s.client.newest, client, socket)
	}
}

func (w *world) newLink(s *slot, hello []byte) *link {
	l := &link{n: len(s.links), slot: s, hello: hello, born: w.now}
	for side := range l.ends {
		l.ends[side].stalled = w.hole[side]
	}
	s.links = append(s.links, l)
	l.put(client, hello)
	return l
}

// replay has somebody repeat a HELLO on a link of his own, where nobody listens.
func (w *world) replay(s *slot, l *link) {
	l = w.newLink(s, l.hello)
	l.ends[client].gone = true
	w.note("link %d: somebody repeats a HELLO", l.n)
}

// crash kills a client's process, and starts another.
func (w *world) crash(s *slot) {
	w.meet(metCrashed)
	w.note("%s crashes", s.client.name())
	for _, l := range s.links {
		if l.owner == s.client {
			w.reset(l, client)
		}
	}
	s.client.die()
	w.begin(s)
}

func (w *world) clientHandshake(l *link, kind wire.Kind, body []byte) error {
	c := l.owner
	if c == nil || c.done {
		return errRefused
	}
	switch kind {
	case wire.KindWelcome:
		welcome, err := wire.ParseWelcome(body)
		if err != nil {
			return err
		}
		return w.welcomed(l, c, &welcome)
	case wire.KindClose:
		if err := c.dialer.Closed(l.attempt, body); err != nil {
			return err
		}
		w.note("%s: the session had been closed", c.name())
		w.over(c, "")
		return errRefused
	case wire.KindRefuse:
		r, err := wire.ParseRefuse(body)
		if err == nil && l == c.newest {
			w.refused(c, &r)
		}
		return errRefused
	}
	return wire.Errorf("kind %#x in answer to HELLO", byte(kind))
}

// welcomed: the session begins, or goes on, on this link.
func (w *world) welcomed(l *link, c *end, welcome *wire.Welcome) error {
	gen, err := c.dialer.Welcome(l.attempt, welcome)
	if err != nil {
		return err
	}
	s := l.ends[server].e
	switch {
	case c.peer == nil:
		if s.peer != nil {
			w.fail("%s: joins a session that has a client", c.name())
		}
		c.peer, s.peer = s, c
	case c.peer != s:
		w.fail("%s: was put on another session", c.name())
	}
	w.open(l, c, gen, welcome.Received, welcome.Consumed)
	w.note("link %d: %s is attached at %d/%d", l.n, c.name(), welcome.Received, welcome.Consumed)
	return nil
}

// refused checks that a refusal is due to what has really happened.
func (w *world) refused(c *end, r *wire.Refuse) {
	w.note("%s is refused with code %d", c.name(), r.Code)
	s := c.peer
	switch r.Code {
	case wire.RefuseEpoch:
		if s == nil || s.epoch == w.server.epoch {
			w.fail("%s: told of a restart that there was not", c.name())
		}
		w.meet(metEpoch)
		w.over(c, "restarted")
	case wire.RefuseUnknown:
		if s == nil || !s.done || !s.seat.forgotten {
			w.fail("%s: the session is unknown to a server that has not lost it", c.name())
		}
		w.over(c, "unknown")
	case wire.RefuseGoingAway:
		w.meet(metRefused)
		if c.dialer.Known() || r.Epoch == w.server.epoch && !w.server.draining {
			w.fail("%s: a session that exists was sent away", c.name())
		}
		if w.server.draining || !w.healed {
			c.retry = w.now + ms(500)
		}
	case wire.RefuseStale:
		// Overtaken: the newer link is the one to wait for.
	default:
		w.fail("%s: refused with code %d", c.name(), r.Code)
	}
}
