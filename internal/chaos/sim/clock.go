package main

import "time"

// handshakeTime is how long a client waits for the answer to a HELLO.
const handshakeTime = time.Second

// never is an instant that does not come.
const never time.Duration = 1<<63 - 1

// advance lets time pass. Each timer fires at its instant, or at once if that is
// past. Where there is flow, all that is not stalled moves on at every step, and
// clients dial when they have no link.
func (w *world) advance(d time.Duration, flow bool) {
	if end := w.now + d; end > w.now {
		w.flowing = flow
		w.pump()
		for n := 0; w.failed == nil; n++ {
			at := w.nextTimer()
			if at > end {
				break
			}
			if n > 100_000 {
				w.fail("timers fire for ever")
			}
			w.now = max(w.now, at)
			w.fire()
			w.pump()
		}
		w.now = end
		w.flowing = false
	}
}

// pump lets all flow that can, if it does at all.
func (w *world) pump() {
	if w.flowing {
		w.flow()
	}
}

// nextTimer is the earliest instant at which something is due.
func (w *world) nextTimer() time.Duration {
	next := never
	for _, e := range w.ends {
		if !e.done {
			next = min(next, w.due(e))
		}
	}
	for _, x := range w.server.expiries {
		next = min(next, x.at)
	}
	for _, s := range w.server.tombs {
		next = min(next, s.until)
	}
	return next
}

// due is when an end next has something to do by itself.
func (w *world) due(e *end) time.Duration {
	next := never
	if d := e.s.Deadline(); d != 0 {
		next = d
	}
	if e.link != nil {
		next = min(next, e.hb.Next())
	}
	if e.side == client {
		if l := e.newest; e.link == nil && !l.ends[client].gone {
			next = min(next, l.born+handshakeTime)
		}
		if e.link == nil && e.closedFully() && e.s.PeerDone() {
			next = min(next, e.detachedAt+answerTime)
		}
		if w.flowing && e.retry > w.now {
			next = min(next, e.retry)
		}
	}
	return next
}

// fire does all that is due.
func (w *world) fire() {
	for _, e := range w.ends {
		if e.done {
			continue
		}
		e.s.Tick(w.now)
		if e.link != nil && e.hb.Next() <= w.now {
			w.poll(e)
		}
		if l := e.newest; e.side == client && e.link == nil && w.now >= l.born+handshakeTime {
			w.giveUp(l, client)
		}
		w.finish(e)
	}
	for i := 0; i < len(w.server.expiries); {
		x := w.server.expiries[i]
		if x.at > w.now {
			i++
			continue
		}
		w.server.expiries = append(w.server.expiries[:i], w.server.expiries[i+1:]...)
		w.expire(x)
	}
	for len(w.server.tombs) > 0 && w.server.tombs[0].until <= w.now {
		w.forget(w.server.tombs[0])
		w.server.tombs = w.server.tombs[1:]
	}
}

// flow lets everything happen that needs no time: what is written arrives, ends
// notice that links are dead, and clients dial. Once all has healed,
// applications receive, too.
func (w *world) flow() {
	for round, busy := 0, true; busy && w.failed == nil; round++ {
		if round > 10_000 {
			w.fail("the ends never come to rest")
		}
		busy = false
		for _, s := range w.slots {
			for _, l := range s.links {
				busy = w.carry(l) || busy
			}
			busy = w.redial(s) || busy
		}
		for _, e := range w.ends {
			if w.healed {
				busy = w.receive(e) || busy
			}
			if !e.done {
				w.finish(e)
			}
		}
		w.observe()
	}
}

// carry moves what one link can take.
func (w *world) carry(l *link) (busy bool) {
	for side := range l.ends {
		le := &l.ends[side]
		if le.gone {
			continue
		}
		busy = w.deliver(l, side, len(le.inbound)) || busy
		if (l.dead || le.eof) && len(le.inbound) == 0 && !le.stalled && !le.gone {
			w.giveUp(l, side)
			busy = true
		}
		for !le.gone && w.write(l, side, socket) {
			busy = true
		}
	}
	return busy
}

// redial has a client that lacks a link make one.
func (w *world) redial(s *slot) bool {
	c := s.client
	if c.done || c.retry > w.now || !c.newest.ends[client].gone {
		return false
	}
	w.dial(s)
	return true
}
