package hubsim

import "time"

// heal ends the adversary's power: the broker is reached, everybody reads, and
// those who are about to leave do. Then everybody must get everything, without
// any further event in the rooms; and once all have left, nothing may be kept.
func (w *world) heal() {
	w.note("heal")
	for _, n := range w.nodes {
		n.cut = false
	}
	for _, c := range w.clients {
		c.change(0)
		w.read(c, 0)
		for _, s := range c.subs {
			if s != nil && s.left {
				w.leave(s, false)
			}
		}
	}
	w.flow()
	w.advance(w.setup.Room.Block.duration() + w.setup.Room.Grace.duration() + time.Second)
	w.flow()
	w.each(func(l *live) {
		if l.waiting != nil {
			l.fail("%d publishers still wait", len(l.waiting))
		}
		if w.broker != nil && l.next != w.broker.rooms[l.number].next {
			l.fail("at %v, where the broker is at %v", l.next, w.broker.rooms[l.number].next)
		}
		for _, s := range l.subs {
			if s.checkEnd(); w.failed != nil {
				return
			}
		}
		l.checkHistory(10)
		l.checkCounts()
	})
	w.disperse()
}

// flow has all that can be done be done.
func (w *world) flow() {
	for n := 0; w.failed == nil; n++ {
		if n > 10_000 {
			w.fail("the rooms do not come to rest")
			return
		}
		moved := false
		w.each(func(l *live) {
			if f := l.feed; f != nil {
				before := len(f.queue)
				w.deliver(l, before)
				if moved = moved || len(f.queue) < before; len(f.queue) == 0 {
					l.seek(w.broker.rooms[l.number].next) // what was lost last
				}
			}
			waiting := len(l.waiting)
			if l.core.Pending() || l.open {
				moved = true
			}
			l.pump()
			if l.retry(); len(l.waiting) != waiting {
				moved = true
			}
		})
		w.each((*live).look)
		if !moved {
			return
		}
	}
}

// disperse has everybody leave. Rooms that nobody needs any more are dropped.
func (w *world) disperse() {
	for _, c := range w.clients {
		for _, s := range c.subs {
			if w.failed == nil {
				w.leave(s, false)
			}
		}
	}
	w.each((*live).pump)
	w.advance(w.setup.Room.Grace.duration() + w.setup.Room.Keep.duration() + w.setup.Room.Age.duration() + time.Second)
	w.each(func(l *live) { l.fail("room n%d r%d is kept for nobody", l.node.n, l.number) })
}
