package main

import (
	"time"
)

// run plays one seed: an adversary's schedule, then a heal, then the verdict.
func run(seed uint64, trace func(string, ...any)) (counts, error) {
	w := newWorld(seed, trace)
	steps := 100 + w.rng.IntN(500)
	closing := w.rng.IntN(3) == 0
	w.redial()
	for range steps {
		if w.failed != nil {
			break
		}
		w.step(closing)
		w.observe()
	}
	if w.failed == nil {
		w.heal()
	}
	w.counts.Steps = steps
	return w.counts, w.failed
}

// pick returns one of the links, the newest more often than not.
func (w *world) pick() *link {
	n := len(w.links)
	if back := w.rng.IntN(8); back < 3 && back < n {
		return w.links[n-1-back]
	}
	return w.links[n-1]
}

func (w *world) side() int {
	if w.ends[server] == nil {
		return client
	}
	return w.rng.IntN(2)
}

// step is one move of the adversary.
func (w *world) step(closing bool) {
	side, l := w.side(), w.pick()
	switch p := w.rng.IntN(1000); {
	case p < 220:
		w.send(side, w.rng.IntN(1+w.rng.IntN(w.limits.MaxMessage+1)))
	case p < 240:
		w.send(side, w.limits.MaxMessage)
	case p < 420:
		w.receive(side)
	case p < 640:
		w.write(l, side, 1+w.rng.IntN(150))
	case p < 860:
		w.deliver(l, w.rng.IntN(2), 1+w.rng.IntN(150))
	case p < 890:
		l.cut(w, w.rng.IntN(200))
	case p < 920:
		if l.dead && w.rng.IntN(2) == 0 {
			w.giveUp(l, side)
		}
	case p < 925:
		w.giveUp(l, side) // though it lives
	case p < 960:
		if c := w.dial; c.ends[client].gone || w.rng.IntN(10) == 0 {
			w.redial()
		}
	case p < 980:
		w.advance(time.Duration(w.rng.Int64N(int64(2 * time.Second))))
	case p < 985:
		if w.rng.IntN(8) == 0 {
			w.expire()
		}
	case p < 990:
		l.ends[side].abandonIfGone()
	case p < 991:
		if w.rng.IntN(20) == 0 {
			w.restart()
		}
	case p < 996:
		if e := w.ends[side]; !e.done {
			e.s.Ask()
		}
	case closing && w.rng.IntN(2) == 0:
		w.close(side, w.rng.IntN(6))
	}
	w.finish(client)
	w.finish(server)
}

func (le *linkEnd) abandonIfGone() {
	if le.gone {
		le.abandon()
	}
}

func (w *world) advance(d time.Duration) {
	w.now += d
	for _, e := range w.ends {
		if e != nil && !e.done {
			e.s.Tick(w.now)
		}
	}
}

// expire fires the timers of links that died, late or not.
func (w *world) expire() {
	if len(w.expiries) == 0 {
		return
	}
	i := w.rng.IntN(len(w.expiries))
	x := w.expiries[i]
	w.expiries = append(w.expiries[:i], w.expiries[i+1:]...)
	w.now += w.ttl
	attached := false
	if gen, on := x.entry.Session.Generation(); on || gen != x.gen {
		attached = true
	}
	if x.entry.Expire(x.gen, w.now, w.ttl) {
		if attached {
			w.fail("a session expired on account of a link that it had replaced")
		}
		if x.entry == w.entry { // and no session that the client never heard of
			w.lose(server, "expired")
		}
	}
}

// observe checks what must hold at every moment.
func (w *world) observe() {
	for side, e := range w.ends {
		if e == nil || w.ends[1-side] == nil {
			continue
		}
		c, peer := e.s.Count(), w.ends[1-side].s.Count()
		switch {
		case c.Acked < e.acked:
			w.fail("%s: acked went back from %d to %d", sideName(side), e.acked, c.Acked)
		case c.Acked > peer.Consumed:
			w.fail("%s: acked %d, peer has consumed %d", sideName(side), c.Acked, peer.Consumed)
		case c.Acked > c.Sent || c.Sent > c.Queued || c.Consumed > c.Received:
			w.fail("%s: cursors out of order: %+v", sideName(side), c)
		case c.Queued-c.Acked > uint64(max(w.limits.SendBuffer, w.limits.MaxMessage+5)):
			w.fail("%s: outbox holds %d, cap %d", sideName(side), c.Queued-c.Acked, w.limits.SendBuffer)
		}
		e.acked = c.Acked
		held := 0
		for _, m := range e.inbox {
			held += m.size
		}
		if held > max(w.limits.Window, w.limits.MaxMessage+5) {
			w.fail("%s: inbox holds %d, window %d", sideName(side), held, w.limits.Window)
		}
	}
}
