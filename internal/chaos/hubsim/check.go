package hubsim

import (
	"maps"

	"github.com/longsplice/longsplice/internal/room"
)

// surelyKept reports whether a value must still be there: for all, or for a member
// who was there when it came and is behind.
func (l *live) surelyKept(i int, forMember bool) bool {
	r := &l.setup.Room
	if i < l.forgot || r.Age > 0 && l.now-l.log[i].at >= r.Age.duration() {
		return false
	}
	keep := max(r.Backlog, r.History)
	entries, values, bytes := len(l.log)-i, 0, 0
	for j := i; j < len(l.log); j++ {
		bytes += l.log[j].size
		if l.log[j].kind == room.Value && !l.obsolete(j) {
			values++
		}
	}
	return bytes <= r.Bytes && (forMember && entries <= keep || values <= r.History && entries <= 4*keep+r.Slack)
}

// missing is the last value before a position that the member has not been given
// and that has not been replaced, or -1.
func (s *sub) missing(to room.Position) int {
	l := s.l
	for i := l.index(to) - 1; i >= s.next; i-- {
		if e := &l.log[i]; e.kind == room.Value && !l.obsolete(i) && !less(e.pos, s.pos) && less(e.pos, to) {
			return i
		}
	}
	return -1
}

// checkGap demands that what a member is told to be missing is not there, and
// that nobody who was to be waited for is told so.
func (s *sub) checkGap(it *item) {
	l := s.l
	if it.To == it.From || s.beyond || s.left {
		return
	}
	i := s.missing(it.To)
	switch {
	case i >= 0 && i == s.large:
		return
	case i >= 0 && l.surelyKept(i, i >= s.since):
		s.fail("a gap %v-%v, and entry %d of %d is kept", it.From, it.To, i, len(l.log))
	case i < 0 || s.lacks && s.items == 0: // in another epoch, or where it joined
		return
	case s.kept:
		s.fail("a gap %v-%v for one who always took what it was offered", it.From, it.To)
	case l.setup.Room.Policy == disconnect:
		s.fail("a gap %v-%v, where memberships end", it.From, it.To)
	case l.setup.Room.Policy == block && !s.passed && l.setup.Room.Age == 0:
		s.fail("a gap %v-%v, though publishers were to wait", it.From, it.To)
	}
}

// checkEnded demands that the hub had a reason to end a membership.
func (s *sub) checkEnded() {
	l, tells := s.l, s.l.setup.Room.Tells
	switch {
	case s.puny:
		return
	case tells && l.setup.Room.Policy != disconnect:
		s.fail("ended, where it could have been told")
	case s.kept:
		s.fail("ended, and it always took what it was offered")
	case s.beyond || s.pos.Epoch != l.next.Epoch:
		return
	}
	for i := s.next; i < len(l.log); i++ {
		if s.owed(i) && (l.log[i].kind == room.Break && !tells || l.log[i].kind == room.Value && !l.surelyKept(i, i >= s.since)) {
			return
		}
	}
	if l.index(s.pos) < s.next || less(s.pos, l.core.First()) {
		return
	}
	s.fail("ended without a reason: entries %d-%d", s.next, len(l.log))
}

// checkPosition compares the hub's count with the member's.
func (s *sub) checkPosition() {
	if p := s.l.core.Position(&s.m); p != s.pos {
		if s.skim(p); p != s.pos {
			s.fail("the hub has it at %v", p)
		}
	}
}

// checkEnd demands that a member has been given everything.
func (s *sub) checkEnd() {
	l := s.l
	for i := s.next; i < len(l.log); i++ {
		if !s.seen[i] && s.owed(i) {
			s.fail("there is nothing to do, and it has not been given entry %d: %+v", i, l.log[i])
			return
		}
	}
	if s.skim(l.next); s.pos != l.next || l.core.Position(&s.m) != l.next || l.core.Lag(&s.m) != 0 {
		s.fail("there is nothing to do, and it is %d behind %v", l.core.Lag(&s.m), l.next)
	}
	if l.setup.Room.Tells && !s.blind {
		there := map[string]bool{}
		for u := range l.users {
			there[u] = true
		}
		if !maps.Equal(there, s.view) {
			s.fail("it sees %v where there are %v", s.view, there)
		}
	}
}

// checkHistory demands that the history is the last of all values.
func (l *live) checkHistory(n int) {
	l.meet(metHistory)
	from := l.next
	from.Offset -= min(uint64(n), from.Offset)
	ids, first := l.core.History(from, max(n, 1))
	at := first
	for _, id := range ids {
		m := &l.msgs[id]
		i := l.find(&item{Kind: room.Value, Value: id}, 0)
		switch {
		case m.room != l.number || i < 0 || l.obsolete(i) || less(m.pos, from):
			l.fail("history from %v has %+v", from, *m)
		case l.setup.Room.Policy == latest && !less(m.pos, at) && m.pos.Epoch == first.Epoch:
			at = m.pos
		case m.pos != at:
			l.fail("history from %v has %v in the place of %v", from, m.pos, at)
		}
		at.Offset++
	}
	if len(ids) == 0 && first != l.next {
		l.fail("no history, and it begins at %v", first)
	}
	for i := len(l.log) - 1; i >= 0 && l.log[i].kind != room.Break && l.failed == nil; i-- {
		e := &l.log[i]
		if e.kind == room.Value && !l.obsolete(i) && !less(e.pos, from) && l.surelyKept(i, false) && (len(ids) == 0 || less(e.pos, first)) {
			l.fail("history from %v begins at %v, and lacks %v", from, first, e.pos)
		}
	}
}

// look holds the room to its limits and to our account.
func (l *live) look() {
	c, r := l.core, &l.setup.Room
	if c.Next() != l.next || c.Bytes() > r.Bytes || c.Bytes() < 0 || less(c.Next(), c.First()) {
		l.fail("next %v by our account %v, %d bytes of %d", c.Next(), l.next, c.Bytes(), r.Bytes)
	}
	if values := c.Values(); values > r.History && c.Members() == 0 && l.idle && !c.Pending() {
		l.fail("nobody is there, and %d values are kept", values)
	}
	there := 0
	for _, s := range l.subs {
		if s.over {
			continue
		}
		if there++; there > 8 {
			continue // the crowd is all alike
		}
		if lag, most := c.Lag(&s.m), 4*max(r.Backlog, r.History)+r.Slack; lag > most {
			s.fail("%d entries are kept for it, over %d", lag, most)
		}
	}
	if c.Members() != there {
		l.fail("%d members, by our account %d", c.Members(), there)
	}
	users := c.Users()
	for _, u := range users {
		if s := l.users[u]; s == nil || c.Has(u) != (s.members > 0) {
			l.fail("%s is there", u)
		}
	}
	if len(users) != len(l.users) {
		l.fail("users %q, where there are %d", users, len(l.users))
	}
}

// checkCounts compares what the room says that it has done.
func (l *live) checkCounts() {
	n := l.core.Counts()
	n.Refused, n.Appended = l.counts.Refused, l.counts.Appended
	if n != l.counts {
		l.fail("counts %+v, by our account %+v", l.core.Counts(), l.counts)
	}
}
