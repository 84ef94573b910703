package hubsim

import (
	"fmt"

	"github.com/longsplice/longsplice/internal/room"
)

func (s *sub) String() string {
	return fmt.Sprintf("client %d (%s) in n%d r%d at %v", s.c.n, s.m.User, s.l.node.n, s.l.number, s.pos)
}

func (s *sub) fail(format string, args ...any) {
	s.l.fail("%v: %s", s, fmt.Sprintf(format, args...))
}

// given judges an item that the member has taken: it must be the next of what is
// owed to it.
func (s *sub) given(it *item) {
	l := s.l
	l.mix(uint64(it.Kind)<<56 ^ uint64(it.Value)<<32 ^ it.From.Offset<<16 ^ it.To.Epoch<<8 ^ it.To.Offset)
	if l.setup.Room.Tells && !s.told && it.Kind != room.Joined {
		s.fail("kind %d before Joined", it.Kind)
	}
	switch it.Kind {
	case room.Joined:
		if s.told || it.To != s.pos {
			s.fail("joined again, or at %v", it.To)
		}
		s.told = true
		s.aware = l.end
		s.see(it)
		return
	case room.Gap:
		s.gap(it)
	default:
		s.entry(it)
	}
	s.items++
}

// gap goes on behind what is missing. Whether it may be is checked when the step
// is made.
func (s *sub) gap(it *item) {
	l := s.l
	l.meet(metGap)
	l.counts.Gaps++
	s.skim(it.From)
	if it.From != s.pos {
		s.fail("a gap from %v", it.From)
	}
	if !s.beyond && less(it.To, it.From) {
		s.fail("a gap back to %v", it.To)
	}
	if it.To == it.From {
		l.meet(metDeaf)
	}
	if it.To.Epoch != l.next.Epoch && l.index(it.To) == len(l.log) {
		s.fail("a gap to %v, where nothing has ever been", it.To)
	}
	s.pos, s.beyond, s.lacks, s.large = it.To, false, false, -1
	s.next = max(s.last, l.index(it.To))
	clear(s.seen)
	s.excused, s.aware = l.end, l.end
	s.see(it)
}

// skim goes on to a position over values that have been replaced.
func (s *sub) skim(to room.Position) {
	l := s.l
	for i := s.next; i < len(l.log) && less(s.pos, to); i++ {
		switch e := &l.log[i]; {
		case e.kind != room.Value || e.pos != s.pos:
		case !l.obsolete(i):
			return
		default:
			s.pos.Offset++
		}
	}
}

// owed reports whether the member must be told of an entry, by its own count.
func (s *sub) owed(i int) bool {
	l := s.l
	switch e := &l.log[i]; e.kind {
	case room.Value:
		return !less(e.pos, s.pos) && !l.obsolete(i)
	case room.Break:
		return less(s.pos, e.pos)
	case room.Signal:
		return l.setup.Room.Tells && i >= s.excused && (e.user == "" || e.user == s.m.User)
	}
	return l.setup.Room.Tells && i >= s.aware
}

// entry finds what an item is of. What lies before it must not have been owed.
func (s *sub) entry(it *item) {
	l := s.l
	skipped := -1
	for i := s.next; i < len(l.log); i++ {
		e := &l.log[i]
		switch {
		case s.seen[i], i < s.aware && e.presence():
		case e.is(it) && (skipped < 0 || l.log[skipped].group == e.group):
			s.accept(i, it)
			if skipped >= 0 {
				s.seen[i] = true
				return
			}
			for s.next = i + 1; s.seen[s.next]; s.next++ {
				delete(s.seen, s.next)
			}
			return
		case s.owed(i):
			if !e.presence() || skipped >= 0 && l.log[skipped].group != e.group {
				s.fail("given %+v; entry %d is missing before it: %+v", *it, i, *e)
				return
			}
			if skipped < 0 {
				skipped = i
			}
		case e.kind == room.Value && e.pos == s.pos:
			l.meet(metObsolete)
			s.pos.Offset++
		}
	}
	s.fail("given %+v, which has not happened, or not behind entry %d, or has been given already", *it, s.next)
}

// accept takes an entry in.
func (s *sub) accept(i int, it *item) {
	l, e := s.l, &s.l.log[i]
	s.last = max(s.last, i+1)
	switch e.kind {
	case room.Value:
		if e.pos != s.pos || l.msgs[e.msg].pos != e.pos || l.msgs[e.msg].room != l.number {
			s.fail("given %+v, which is %+v", *it, l.msgs[e.msg])
		}
		s.pos.Offset++
		l.counts.Delivered++
	case room.Signal:
		if i < s.since || e.user != "" && e.user != s.m.User || s.pos.Epoch == e.pos.Epoch && less(s.pos, e.pos) {
			s.fail("a signal that is not for it, or too early: %+v", *e)
		}
		l.meet(metSignal)
		l.counts.Delivered++
	case room.Break:
		if it.From != s.pos {
			s.fail("a break from %v to %v", it.From, it.To)
		}
		l.meet(metBreak)
		s.pos = it.To
		s.see(it)
	case room.Present, room.Absent:
		if e.kind == room.Present {
			l.meet(metPresent)
			s.view[it.User] = true
		} else {
			l.meet(metAbsent)
			delete(s.view, it.User)
		}
	}
}
