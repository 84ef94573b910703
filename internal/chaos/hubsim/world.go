package hubsim

import (
	"fmt"
	"time"

	"github.com/longsplice/longsplice/internal/room"
)

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// world is hubs, perhaps with a broker, their rooms and their members, and the
// power of an adversary over all of them. Everything in it follows from the
// schedule: it draws nothing at random.
type world struct {
	setup   Setup
	now     time.Duration
	nodes   []*node
	broker  *broker // nil if there is none
	clients []*client
	msgs    []message // all that was ever published

	epoch  uint64
	failed error
	met    tally
	hash   uint64
	trace  func(format string, args ...any)
}

// A node is one hub.
type node struct {
	n     int
	rooms []*live // by number; nil if there is none
	cut   bool    // it does not reach the broker
	lossy bool    // and what the broker has for it is lost
}

// A message is what was published.
type message struct {
	room     int
	volatile bool
	to       string // the one user whom it is for, if not empty
	key      string
	size     int
	pos      room.Position // once it has one
}

func newWorld(setup Setup, trace func(string, ...any)) *world {
	w := &world{setup: setup, now: time.Hour, epoch: 6, hash: 0xcbf29ce484222325, trace: trace}
	if setup.Broker {
		w.broker = &broker{rooms: make([]brokerRoom, setup.Rooms)}
		for i := range w.broker.rooms {
			w.broker.rooms[i].next = w.begin()
		}
	}
	for i := range setup.Nodes {
		w.nodes = append(w.nodes, &node{n: i, rooms: make([]*live, setup.Rooms)})
	}
	for i := range setup.Clients {
		c := &client{n: i, subs: make([]*sub, setup.Rooms), had: make([]had, setup.Rooms)}
		if i < 2*len(names) {
			c.user = names[i/2]
		}
		c.change(0)
		w.clients = append(w.clients, c)
	}
	return w
}

// names are the users: the first clients are theirs, two of each, and the others
// are seen by nobody.
var names = []string{"ann", "bob", "eve"}

// begin is the first position of another epoch.
func (w *world) begin() room.Position {
	w.epoch++
	return room.Position{Epoch: w.epoch, Offset: 1}
}

// mix adds to the fingerprint of all that has happened.
func (w *world) mix(x uint64) { w.hash = (w.hash ^ x) * 0x100000001b3 }

// meet counts an event.
func (w *world) meet(e event) {
	w.met[e]++
	w.mix(uint64(e) + 1)
}

// note says what happens, to whoever listens.
func (w *world) note(format string, args ...any) {
	if w.trace != nil {
		w.trace("%8v  %s", w.now-time.Hour, fmt.Sprintf(format, args...))
	}
}

// fail records the first violation.
func (w *world) fail(format string, args ...any) {
	if w.failed == nil {
		w.failed = fmt.Errorf(format, args...)
		w.note("FAIL %v", w.failed)
	}
}

// each calls f with every room that there is, and as long as nothing has failed.
func (w *world) each(f func(*live)) {
	for _, n := range w.nodes {
		for _, l := range n.rooms {
			if l != nil && w.failed == nil {
				f(l)
			}
		}
	}
}

// settle has publishers who wait look again where something has moved on, and
// looks at each room.
func (w *world) settle() {
	w.each((*live).retry)
	w.each((*live).look)
}

// advance lets time pass, and timers fire when they are due.
func (w *world) advance(d time.Duration) {
	for end := w.now + d; w.failed == nil; {
		var first *live
		at := end
		w.each(func(l *live) {
			if due := l.due(); due != 0 && (due < at || due <= end && first == nil) {
				first, at = l, due
			}
		})
		if first == nil {
			w.now = end
			return
		}
		w.now = max(w.now, at)
		first.tick()
	}
}
