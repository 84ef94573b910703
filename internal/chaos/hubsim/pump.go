package hubsim

import (
	"slices"

	"github.com/longsplice/longsplice/internal/room"
)

// work does the next thing that a hub's pump does: it makes a step, offers it to
// one member, or settles it. It reports whether there was anything to do. What
// happens between is what happens while members are being offered something.
func (l *live) work() bool {
	switch {
	case !l.open:
		l.group++
		l.open = l.core.Step(&l.step, l.now)
		l.takeEnded()
		if !l.open {
			if l.core.Pending() {
				l.fail("there is something pending, and no step")
			}
			l.progress = true
			l.rest()
			return false
		}
		l.begun()
	case l.at < len(l.step.Members):
		l.offer(l.step.Members[l.at].Handle)
		l.at++
	default:
		l.conclude()
	}
	return l.failed == nil
}

func (l *live) pump() {
	for n := 0; l.work(); n++ {
		if n > 200_000 {
			l.fail("no end of steps")
		}
	}
}

// begun looks at a step.
func (l *live) begun() {
	l.at, l.end, l.idle = 0, len(l.log), false
	switch {
	case l.step.Same:
		l.meet(metShared)
		l.items = l.shared
	case l.step.Alone():
		l.items = l.step.Items
	default:
		l.shared = append(l.shared[:0:0], l.step.Items...)
		l.items = l.shared
	}
	weight := 0
	for i := range l.items {
		it := &l.items[i]
		weight += max(l.size(it), 1)
		if it.Kind > room.Signal && !l.setup.Room.Tells {
			l.fail("%+v, where nothing can be told", *it)
		}
		if key := l.keyOf(it); key != "" && !l.step.Same && l.log[l.newest[key]].msg != it.Value {
			l.fail("%+v is offered, and has been replaced", *it)
		}
		if it.Kind == room.Joined || it.Kind == room.Gap || it.Kind == room.Break && !l.step.Same {
			if it.Count != len(l.users) {
				l.fail("%d users, where there are %d", it.Count, len(l.users))
			}
			if it.Count <= l.setup.Room.Roster {
				l.checkUsers(it.Users)
			} else if it.Users != nil {
				l.fail("%d users are named", it.Count)
			}
		}
	}
	switch {
	case len(l.items) == 0 || len(l.step.Members) == 0:
		l.fail("a step of nothing or for nobody")
	case len(l.items) > 1 && weight > l.setup.Room.Run:
		l.fail("%d bytes are merged", weight)
	case len(l.items) > 1:
		l.meet(metMerged)
	}
	if len(l.step.Members) == room.StepSize {
		l.meet(metFullStep)
	}
	for i, m := range l.step.Members {
		s := m.Handle
		switch {
		case s.over:
			s.fail("it is served, and over")
		case slices.Contains(l.step.Members[:i], m):
			s.fail("it is served twice in one step")
		case !l.core.Served(m):
			s.fail("it is served, and the room denies it")
		}
		if l.items[0].Kind == room.Gap {
			s.checkGap(&l.items[0])
		}
	}
}

func (l *live) keyOf(it *item) string {
	if it.Kind != room.Value {
		return ""
	}
	return l.msgs[it.Value].key
}

func (l *live) size(it *item) int {
	if it.Kind == room.Value || it.Kind == room.Signal {
		return l.msgs[it.Value].size
	}
	return 0
}

// offer offers the step to a member, unless it is about to leave.
func (l *live) offer(s *sub) {
	answer := &l.step.Answers[l.at]
	if s.left {
		l.meet(metSkipped)
		return
	}
	weight := 0
	for i := range l.items {
		weight += 1 + l.size(&l.items[i])
	}
	*answer = s.c.answer(weight)
	l.mix(uint64(s.c.n)<<8 | uint64(*answer))
	l.note("%v is offered %+v and answers %d", s, l.items, *answer)
	s.refused, s.early, s.puny = false, false, false
	if *answer != room.Taken {
		s.kept = false
	}
	switch *answer {
	case room.Taken:
		for i := range l.items {
			s.given(&l.items[i])
		}
	case room.Busy:
		l.meet(metBusy)
		if s.refused = true; s.c.eager {
			l.meet(metEager)
			s.early = true
			l.read(s.c, unlimited)
		}
	case room.TooLarge:
		l.meet(metTooLarge)
		k := l.items[0].Kind
		s.puny = len(l.items) == 1 && (k == room.Joined || k == room.Gap || !l.setup.Room.Tells)
		if len(l.items) == 1 && l.items[0].Kind <= room.Signal {
			l.meet(metNever)
			s.large = l.find(&l.items[0], s.next)
		}
	case room.Gone:
		l.meet(metGone)
	}
}

// conclude settles the step.
func (l *live) conclude() {
	l.group++
	for i, m := range l.step.Members {
		s := m.Handle
		switch l.step.Answers[i] {
		case room.Taken:
			if s.over {
				l.meet(metTakenLeft)
			}
			l.meet(metTaken)
		case room.Gone:
			if s.left = true; !s.over {
				l.core.Leave(m, l.now)
				l.parted(s)
			}
		}
	}
	l.core.Settle(&l.step, l.now)
	l.open = false
	l.progress = true
	l.steps++
	l.takeEnded()
	for _, m := range l.step.Members {
		s := m.Handle
		if s.over {
			l.returned(s)
		} else {
			s.checkPosition()
		}
		s.waits = l.steps
	}
	if l.steps%16 == 0 {
		l.checkTurns()
	}
}

// checkTurns demands that everybody has a turn: neither those who catch up nor
// those who keep up wait until the others have everything.
func (l *live) checkTurns() {
	for _, s := range l.subs {
		if s.refused || s.left || s.over || s.pos == l.next {
			s.waits = l.steps
		} else if most := 20 * (l.core.Members() + 2); l.steps-s.waits > most {
			s.fail("it has waited for %d steps", most)
		}
	}
}

// rest is when there is nothing to do: everybody who is ready has everything.
func (l *live) rest() {
	l.meet(metRest)
	l.idle = true
	for _, s := range l.subs {
		if !s.refused && !s.left && !s.over {
			s.checkEnd()
			s.kept, s.passed = s.c.steady() && l.setup.Room.Age == 0, l.broker != nil
		}
	}
}
