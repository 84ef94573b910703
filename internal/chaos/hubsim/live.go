package hubsim

import (
	"slices"
	"time"

	"github.com/longsplice/longsplice/internal/room"
)

type (
	item   = room.Item[int]
	member = room.Member[int, *sub]
)

// A said is an entry of the naive log, which forgets nothing.
type said struct {
	kind  room.Kind
	msg   int    // of a value or a signal
	user  string // of who came and went; of a signal, whom it is for
	key   string
	size  int
	pos   room.Position // of a value; of others, that of the next value
	from  room.Position // of a Break
	at    time.Duration
	group int // entries of one group were made by one event, and presence among them has no order
}

// A live room is one life of a room at a hub: the core, what a hub would keep
// around it, and all that ever happened in it, by an account of our own.
type live struct {
	*world
	node   *node
	number int
	core   *room.Room[int, *sub]
	gone   bool
	since  time.Duration // when the last member left
	feed   *feed         // from the broker

	step   room.Step[int, *sub]
	open   bool   // the step has been made and not settled
	at     int    // to how many of its members it was offered
	end    int    // of the naive log when it was made
	steps  int    // that were settled
	idle   bool   // no pump runs
	items  []item // of the step
	shared []item // of the last step of the sweep

	waiting  []*publisher
	progress bool // publishers who wait look again

	log    []said
	next   room.Position // of the next value
	newest map[string]int
	users  map[string]*stay
	subs   []*sub
	group  int
	forgot int // values before that may be gone for other reasons than the limits
	counts room.Counts
}

// A stay is a user's presence.
type stay struct {
	members int
	until   time.Duration
}

func (s RoomSetup) core() room.Config {
	cfg := room.Config{
		History: s.History, Backlog: s.Backlog, Slack: s.Slack, Bytes: s.Bytes, Run: s.Run, Roster: s.Roster,
		Age: s.Age.duration(), Grace: s.Grace.duration(), Tells: s.Tells,
	}
	if s.Policy == disconnect || !s.Tells {
		cfg.Policy = room.Disconnect
	}
	return cfg
}

// open is a room at a node, which comes into being if need be; nil if it cannot.
func (w *world) open(n *node, number int) *live {
	if l := n.rooms[number]; l != nil {
		return l
	}
	if w.broker != nil && n.cut {
		w.meet(metCutOff)
		return nil
	}
	l := &live{world: w, node: n, number: number, since: w.now, next: w.begin(), newest: map[string]int{}, users: map[string]*stay{}}
	l.core = room.New[int, *sub](w.setup.Room.core(), l.next)
	n.rooms[number] = l
	if w.broker != nil {
		w.broker.attach(l)
	}
	if number == 0 && n.n == 0 {
		for range w.setup.Crowd {
			c := &client{n: len(w.clients), subs: make([]*sub, w.setup.Rooms), had: make([]had, w.setup.Rooms)}
			c.change(0)
			w.clients = append(w.clients, c)
			w.join(n, number, c, 0)
		}
	}
	return l
}

// append has the core append a message, and takes it down.
func (l *live) append(id int) {
	m := &l.msgs[id]
	kind := room.Value
	if m.volatile {
		kind = room.Signal
	}
	l.group++
	if l.core.Members() == 0 {
		l.since = l.now
	}
	if m.pos == (room.Position{}) && !m.volatile {
		m.pos = l.next
	}
	at := l.core.Append(room.Entry[int]{Kind: kind, Value: id, User: m.to, Key: m.key, Size: m.size}, l.now)
	if at != l.next || !m.volatile && m.pos != at {
		l.fail("appended at %v, where %v is next and %v was given", at, l.next, m.pos)
	}
	l.note("append %d %+v", id, *m)
	l.take(said{kind: kind, msg: id, user: m.to, key: m.key, size: m.size})
	l.takeEnded()
}

// presence reports whether an entry says who came or went.
func (e *said) presence() bool { return e.kind == room.Present || e.kind == room.Absent }

// take takes an entry down.
func (l *live) take(e said) {
	e.at, e.group = l.now, l.group
	if e.kind != room.Break {
		e.pos = l.next
	}
	if e.kind == room.Value {
		l.next.Offset++
		if e.key != "" {
			l.newest[e.key] = len(l.log)
		}
	}
	l.log = append(l.log, e)
	l.counts.Appended++
}

// obsolete reports whether a later value of the same key has been appended.
func (l *live) obsolete(i int) bool { return l.log[i].key != "" && l.newest[l.log[i].key] != i }

// seek has the core go on elsewhere.
func (l *live) seek(next room.Position) {
	if next == l.next {
		return
	}
	l.note("seek %v", next)
	l.group++
	l.core.Seek(next, l.now)
	l.take(said{kind: room.Break, pos: next, from: l.next})
	l.counts.Appended--
	l.next = next
	l.forgot = len(l.log)
	l.loosen()
	l.takeEnded()
}

func (l *live) forget(bytes int) {
	l.meet(metForgot)
	l.group++
	l.core.Forget(bytes, l.now)
	l.forgot = len(l.log)
	l.loosen()
	l.takeEnded()
}

// loosen takes note that something was appended or evicted for which nobody
// waited: members may miss something that they else would not.
func (l *live) loosen() {
	for _, s := range l.subs {
		s.kept, s.passed = false, true
	}
}

// due is when the room's timer should fire, 0 if never.
func (l *live) due() time.Duration {
	at := l.core.Deadline()
	if l.rests() {
		idle := l.since
		if l.core.Values() > 0 {
			idle += l.setup.Room.Keep.duration()
		}
		if at == 0 || idle < at {
			at = idle
		}
	}
	return at
}

// rests reports whether nobody is there or about to come.
func (l *live) rests() bool {
	return l.core.Members() == 0 && !l.open && !l.core.Pending() && !l.core.Expected() && len(l.waiting) == 0
}

// tick is the room's timer.
func (l *live) tick() {
	l.group++
	before := l.core.Values()
	l.core.Tick(l.now)
	if l.core.Values() < before {
		l.meet(metAged)
	}
	if ids, _ := l.core.History(room.Position{}, 1); len(ids) > 0 && l.setup.Room.Age > 0 {
		if i := l.find(&item{Kind: room.Value, Value: ids[0]}, 0); l.now-l.log[i].at >= l.setup.Room.Age.duration() {
			l.fail("a value of %v ago is kept", l.now-l.log[i].at)
		}
	}
	for _, user := range names {
		if s := l.users[user]; s != nil && s.members == 0 && s.until <= l.now {
			l.absent(user)
		}
	}
	l.takeEnded()
	if d := l.core.Deadline(); d != 0 && d <= l.now {
		l.fail("a tick at %v is due at %v again", l.now, d)
	}
	if l.rests() && (l.core.Values() == 0 || l.now-l.since >= l.setup.Room.Keep.duration()) {
		l.meet(metDropped)
		l.dissolve()
	}
}

// dissolve ends the room.
func (l *live) dissolve() {
	if l.core.Dissolve(); l.core.Members() != 0 || l.core.Bytes() != 0 {
		l.fail("a room that was dissolved has %d members, %d bytes", l.core.Members(), l.core.Bytes())
	}
	for _, s := range l.subs {
		s.left, s.over = true, true
	}
	if l.open {
		l.meet(metUnfinished)
		l.at = len(l.step.Members)
		l.conclude()
	}
	for _, s := range slices.Clone(l.subs) {
		l.returned(s)
	}
	l.gone = true
	l.node.rooms[l.number] = nil
}

// restart ends a hub and all of its memberships.
func (w *world) restart(n *node) {
	w.meet(metRestart)
	for _, l := range n.rooms {
		if l != nil {
			l.waiting = nil
			l.dissolve()
		}
	}
}
