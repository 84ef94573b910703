package main

import (
	"bytes"
	"time"
)

// heal ends the adversary's power: the network carries everything, and both
// applications of every session receive all that there is. Then comes the verdict.
//
// In an ordinary schedule dead links are noticed at once, both ends ask how
// things stand, and no time passes, so that nothing may depend on a timer. In a
// quiet one stalled links stay stalled and nobody asks for anything: heartbeats
// have to find out, and acknowledgements come when they are due.
func (w *world) heal() {
	w.note("heal")
	w.healed = true
	w.hole = [2]bool{}
	if w.setup.Quiet {
		w.advance(w.setup.TTL.duration()+20*time.Second, true)
		w.verdict()
		return
	}
	for _, s := range w.slots {
		s.client.retry = 0
		for _, l := range s.links {
			w.lay(l, s.client.newest)
		}
	}
	w.flow()
	w.checkTold()
	w.checkFlushes()
	for _, e := range w.ends {
		if !e.done {
			e.s.Ask()
		}
	}
	w.flow()
	w.verdict()
}

// lay mends a link, or lays it to rest.
func (w *world) lay(l, newest *link) {
	l.ends[client].stalled, l.ends[server].stalled = false, false
	over := l.dead || l.ends[client].eof || l.ends[server].eof || l != newest
	for side := range l.ends {
		if over {
			w.deliver(l, side, len(l.ends[side].inbound))
			w.giveUp(l, side)
			w.abandon(l, side)
		}
	}
}

// checkTold compares, with nothing in flight, what an end counts as told with
// what the other end knows.
func (w *world) checkTold() {
	for _, e := range w.ends {
		if e.peer == nil || e.done || e.peer.done || w.failed != nil {
			continue
		}
		if told, acked := e.peer.s.Count().Told, e.s.Count().Acked; told != acked {
			w.fail("%s: knows of %d acknowledged, the peer counts %d as told", e.name(), acked, told)
		}
	}
}

// checkFlushes sees to it that who waited is waiting no more, without asking again.
func (w *world) checkFlushes() {
	for _, e := range w.ends {
		if !e.done && e.peer != nil && !e.peer.done && len(e.flushes) > 0 && w.failed == nil {
			w.fail("%s: a flush waits for ever", e.name())
		}
	}
}

// verdict is the promise: all that was accepted has been delivered and is known
// to have been, or both ends have come to an end and say the truth about it.
func (w *world) verdict() {
	for _, s := range w.slots {
		if c := s.client; w.failed == nil && c.peer == nil && !c.done && !w.server.draining {
			w.fail("%s never reached the server", c.name())
		}
	}
	for _, e := range w.ends {
		if w.failed != nil {
			return
		}
		if e.done && !e.crashed {
			w.checkFate(e)
		}
		if e.side == client && e.peer != nil {
			w.judge(e, e.peer)
		} else if e.side == server && e.peer == nil && w.setup.Quiet && !e.done {
			w.fail("%s: nobody came, and the session has not expired", e.name())
		}
	}
	for _, b := range w.batch0 {
		if !bytes.Equal(b.frames, b.was) {
			w.fail("a shared batch was changed")
		}
	}
}

func (w *world) judge(c, s *end) {
	switch {
	case !c.done && s.done:
		w.fail("%s has ended (%q), and %s has not been told", s.name(), s.verdict.why, c.name())
	case c.done && !s.done:
		// The server is told by the client's CLOSE, or by the session's expiry.
		if w.setup.Quiet || c.told {
			w.fail("%s has ended (%q), and %s has not", c.name(), c.verdict.why, s.name())
		}
	case c.done:
	case c.s.Local() != nil || s.s.Local() != nil:
		w.fail("%s and %s have closed and do not end: %+v, %+v", c.name(), s.name(), c.s.Local(), s.s.Local())
	default:
		w.judgeSender(c)
		w.judgeSender(s)
	}
}

// judgeSender checks that all that one end was allowed to send has arrived.
func (w *world) judgeSender(e *end) {
	if e.peer.got != len(e.accepted) {
		w.fail("%s: %d messages accepted, %d delivered", e.name(), len(e.accepted), e.peer.got)
	}
	if n := e.s.Count(); n.Acked != n.Queued {
		w.fail("%s: everything is consumed, and %d of %d acknowledged", e.name(), n.Acked, n.Queued)
	} else if e.s.Unreported() {
		w.fail("%s: everything is acknowledged, and is not taken to have been received", e.name())
	}
}
