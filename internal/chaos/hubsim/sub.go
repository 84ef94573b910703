package hubsim

import (
	"math"
	"slices"
	"sort"

	"github.com/longsplice/longsplice/internal/room"
)

// A sub is one membership, and what it has been offered, by its own count.
type sub struct {
	l *live
	c *client
	m member

	left    bool // no offer may begin
	over    bool // the room has been told, or has ended it
	quits   bool
	waits   int  // the step since which it could have been offered something
	refused bool // its last offer, and it has not been ready since
	early   bool // it was ready before that offer was over
	large   int  // the entry that it can never take; -1 if there is none
	puny    bool // it cannot even take what it has to be told

	pos     room.Position // of the next value
	next    int           // in the naive log, of what it has not accounted for
	last    int           // behind what it was given last
	seen    map[int]bool  // of what lies behind that, what it was given out of its turn
	since   int           // signals before that are not for it
	excused int           // signals before that may be missing
	aware   int           // who came or went before that has been told otherwise
	told    bool          // the item Joined was
	items   int           // how many have followed it
	beyond  bool          // it began where the room has not been
	lacks   bool          // or where something is missing
	view    map[string]bool
	blind   bool // there are more users than it has been told of
	kept    bool // it has kept up, and nobody has hurried since
	passed  bool // under Block, publishers do not wait for it
}

// join makes a client a member, if it is not one of that room.
func (w *world) join(n *node, number int, c *client, k int) {
	l := n.rooms[number]
	var at room.Start
	switch k % 5 {
	case 1:
		at.Last = 1 + k/5%20
	case 2:
		at.From = room.Position{Epoch: w.epoch, Offset: uint64(k / 5 % 40)}
	case 3:
		at.From = room.Position{Epoch: w.epoch - 1, Offset: uint64(k / 5 % 40)}
	case 4:
		at.Last = math.MaxInt // all that is kept
		if at.From = c.had[number].own; at.From.Epoch != 0 {
			at.Last = 0
		}
	}
	if l != nil && k%5 == 2 {
		at.From.Epoch = l.next.Epoch
	}
	if w.joinAt(n, number, c, at) {
		w.meet([]event{metJoined, metLast, metFrom, metFrom, metFrom}[k%5])
	}
}

func (w *world) joinAt(n *node, number int, c *client, at room.Start) bool {
	if c.subs[number] != nil || w.setup.Personal && number == w.setup.Rooms-1 && c.user != names[0] {
		return false
	}
	l := w.open(n, number)
	if l == nil || c.subs[number] != nil {
		return false
	}
	s := &sub{l: l, c: c, large: -1, seen: map[int]bool{}, view: map[string]bool{}}
	s.m.Handle, s.m.User = s, c.user
	l.group++
	l.come(c.user)
	s.since, s.excused = len(l.log), len(l.log)
	s.waits = l.steps
	l.subs = append(l.subs, s)
	c.subs[number] = s
	l.core.Join(&s.m, at, l.now)
	s.pos = l.core.Position(&s.m)
	switch {
	case at.From.Epoch != 0:
		if want := (room.Position{Epoch: at.From.Epoch, Offset: max(at.From.Offset, 1)}); s.pos != want {
			s.fail("joined from %v at %v", want, s.pos)
		}
		s.beyond = less(l.next, s.pos)
		s.lacks = true // perhaps: the first gap will tell, and is checked
		if w.setup.Personal && number == w.setup.Rooms-1 && less(s.pos, l.next) {
			w.meet(metMailbox)
		}
	case at.Last == 0 && s.pos != l.next:
		s.fail("joined now at %v, where %v is next", s.pos, l.next)
	default:
		s.checkLast(at.Last)
	}
	s.next = l.index(s.pos)
	s.kept, s.passed = false, w.broker != nil
	w.note("%v joins at %v from %+v", s, s.pos, at)
	l.takeEnded()
	return true
}

// checkLast demands that the last n current values lie ahead, or all that are
// certainly kept.
func (s *sub) checkLast(n int) {
	l, ahead, kept := s.l, 0, 0
	for i := len(l.log) - 1; i >= 0 && less(s.pos, l.next); i-- {
		e := &l.log[i]
		if e.kind != room.Value || e.pos.Epoch != s.pos.Epoch || l.obsolete(i) {
			continue
		}
		if e.pos.Offset < s.pos.Offset {
			break
		}
		ahead++
	}
	for i := range l.log {
		if l.log[i].kind == room.Value && !l.obsolete(i) && l.surelyKept(i, false) {
			kept++
		}
	}
	if ahead > n || ahead < min(n, kept) {
		s.fail("the last %d of %d are %d", n, kept, ahead)
	}
}

// index is the first entry at a position or behind it, or the end of the log.
func (l *live) index(p room.Position) int {
	return sort.Search(len(l.log), func(i int) bool { return !less(l.log[i].pos, p) })
}

func less(p, q room.Position) bool {
	return p.Epoch < q.Epoch || p.Epoch == q.Epoch && p.Offset < q.Offset
}

// about keeps offers from beginning, as the first half of leaving.
func (w *world) about(s *sub) {
	if s != nil {
		s.left, s.kept = true, false
	}
}

func (w *world) leave(s *sub, quit bool) {
	if s == nil || s.over {
		return
	}
	l := s.l
	w.note("%v leaves", s)
	s.left = true
	l.group++
	if served := l.open && slices.Contains(l.step.Members, &s.m); l.core.Served(&s.m) != served {
		s.fail("served: %v", !served)
	} else if served {
		w.meet(metMidStep)
	}
	if !l.core.Leave(&s.m, w.now) {
		s.fail("it was no member when it left")
	}
	l.parted(s)
	if quit {
		if u := l.users[s.m.User]; u != nil && u.members == 0 {
			w.meet(metDismissed)
			l.absent(s.m.User)
		}
		l.core.Dismiss(s.m.User, w.now)
	}
	l.takeEnded()
	l.progress = true
	if !l.core.Served(&s.m) {
		l.returned(s)
	}
}

// parted takes note that a membership is over.
func (l *live) parted(s *sub) {
	if s.over {
		s.fail("it is over twice")
	}
	s.left, s.over = true, true
	l.depart(s.m.User)
	if l.core.Members() == 0 {
		l.since = l.now
	}
}

// returned is when Leave returns, or the application learns of the end: no offer
// is under way, and the hub says where the member was.
func (l *live) returned(s *sub) {
	if i := slices.Index(l.subs, s); i >= 0 {
		l.subs = slices.Delete(l.subs, i, i+1)
		s.checkPosition()
		s.c.subs[l.number] = nil
		s.c.had[l.number] = had{s.pos, l.core.Position(&s.m), l.node.n}
	}
}

// comeBack has a client leave and join again where it was.
func (w *world) comeBack(n *node, number int, c *client, k int) {
	w.leave(c.subs[number], false)
	at := c.had[number]
	if c.subs[number] != nil || at.own.Epoch == 0 {
		return
	}
	from := at.own
	if k%2 == 1 {
		from = at.hubs
	}
	if w.joinAt(n, number, c, room.Start{From: from}) {
		w.meet(metReturned)
		if n.n != at.node {
			w.meet(metElsewhere)
		}
		s := c.subs[number]
		if s != nil && s.beyond {
			w.meet(metBeyond)
		}
		if s != nil && from.Epoch != s.l.next.Epoch {
			w.meet(metEpochs)
		}
	}
}

// takeEnded takes note of the memberships that the room has ended, which it may
// do only to one who has missed something or cannot be told of it.
func (l *live) takeEnded() {
	for _, m := range l.core.Ended() {
		s := m.Handle
		l.note("%v is ended", s)
		l.meet(metEnded)
		l.counts.Ended++
		s.checkEnded()
		l.parted(s)
		if !l.core.Served(m) {
			l.returned(s)
		}
	}
}
