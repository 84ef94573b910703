package main

// heal ends the adversary's power: the network carries everything, dead links
// are noticed and replaced, and both applications receive all that there is.
// No time passes, so nothing may depend on a timer. Then comes the verdict.
func (w *world) heal() {
	w.trace("heal")
	for _, l := range w.links {
		for side := range l.ends {
			if l.dead || l != w.dial {
				for w.deliver(l, side, len(l.ends[side].inbound)) {
				}
				w.giveUp(l, side)
				l.ends[side].abandon()
			}
		}
	}
	w.settleDown()
	w.checkTold()
	for _, e := range w.ends {
		if e != nil && !e.done {
			e.s.Ask()
		}
	}
	w.settleDown()
	if w.failed == nil {
		w.verdict()
	}
}

// settleDown lets everything happen that can.
func (w *world) settleDown() {
	for round, busy := 0, true; busy && w.failed == nil; round++ {
		if round > 10_000 {
			w.fail("the ends never come to rest")
		}
		busy = false
		if l := w.dial; l.dead && len(l.ends[client].inbound) == 0 {
			w.giveUp(l, client)
		}
		if !w.ends[client].done && w.dial.ends[client].gone {
			w.redial()
			busy = true
		}
		l := w.dial
		for side, e := range w.ends {
			if e == nil {
				continue
			}
			busy = w.receive(side) || busy
			if !e.done || len(l.ends[side].writing) > 0 {
				busy = w.write(l, side, 1<<20) || busy
			}
		}
		for side := range l.ends {
			busy = w.deliver(l, side, len(l.ends[side].inbound)) || busy
		}
		for side := range w.ends {
			w.finish(side)
		}
		w.observe()
	}
}

// checkTold compares, with nothing in flight, what an end counts as told with
// what the other end knows.
func (w *world) checkTold() {
	c, s := w.ends[client], w.ends[server]
	if s == nil || c.done || s.done || w.failed != nil {
		return
	}
	for side, e := range w.ends {
		if told, acked := w.ends[1-side].s.Count().Told, e.s.Count().Acked; told != acked {
			w.fail("%s: knows of %d acknowledged, the peer counts %d as told", sideName(side), acked, told)
		}
	}
}

// verdict is the promise: all that was accepted has been delivered and is
// known to have been, or both ends have come to an end.
func (w *world) verdict() {
	c, s := w.ends[client], w.ends[server]
	if s == nil {
		w.fail("the client never reached the server")
		return
	}
	switch {
	case w.lost[client] != "" || w.lost[server] != "":
		// A loss on one side must reach the other: the server's by the next
		// HELLO, a client's does not exist.
		if !c.done && w.lost[server] != "" {
			w.fail("the server lost the session and the client was not told")
		}
	case c.done || s.done || closedFully(c.s) || closedFully(s.s):
		if !c.done {
			w.fail("the session was closed and the client has not ended: local %v remote %v", c.s.Local(), c.s.Remote())
		}
		if !s.done && !c.ended {
			w.fail("the session was closed and the server has not ended")
		}
	default:
		for side, e := range w.ends {
			if e.delivered != len(e.accepted) {
				w.fail("%s: %d messages accepted, %d delivered", sideName(side), len(e.accepted), e.delivered)
			}
			if n := e.s.Count(); n.Acked != n.Queued && w.ends[1-side].hand == nil {
				w.fail("%s: everything is consumed, and %d of %d acknowledged", sideName(side), n.Acked, n.Queued)
			}
		}
	}
}
