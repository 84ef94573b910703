package hubsim

import (
	"time"

	"github.com/longsplice/longsplice/internal/room"
)

// A publisher waits for a room to take what it has.
type publisher struct {
	id       int
	patience time.Duration // until when it waits for members; 0 if it does not yet
}

// sizeBits are those of a number that say how large a message is; the others
// choose a key.
const sizeBits = 10

// publish publishes a value at a hub. One who rushes waits for nobody, like one
// who publishes within an offer and whose message comes from a broker.
func (w *world) publish(n *node, number, k int, rushes bool) {
	m := message{room: number, size: k & (1<<sizeBits - 1)}
	if w.setup.Room.Policy == latest {
		m.key = []string{"a", "b", "", "c"}[k>>sizeBits&3]
	}
	id := len(w.msgs)
	if w.broker != nil {
		if n.cut {
			w.meet(metCutOff)
			return
		}
		w.msgs = append(w.msgs, m)
		w.broker.publish(w, id)
		if rushes && n.rooms[number] != nil {
			w.deliverOne(n.rooms[number], true)
		}
		return
	}
	if m.size > w.setup.Room.Bytes {
		w.meet(metTooBig)
		return
	}
	l := w.open(n, number)
	w.msgs = append(w.msgs, m)
	p := &publisher{id: id}
	if !l.try(p) && !rushes { // who rushes is told that the room is busy
		l.waiting = append(l.waiting, p)
	}
}

// signal publishes something that is no history, if anybody hears it.
func (w *world) signal(n *node, number, k int, user string) {
	m := message{room: number, size: k / 2 % 64, volatile: true}
	if k%2 == 1 {
		m.to = user
	}
	id := len(w.msgs)
	if w.broker != nil {
		if !n.cut {
			w.msgs = append(w.msgs, m)
			w.broker.publish(w, id)
		}
		return
	}
	l := n.rooms[number]
	if l == nil || !l.hears(&m) || m.size > w.setup.Room.Bytes {
		return
	}
	w.msgs = append(w.msgs, m)
	p := &publisher{id: id}
	if !l.try(p) {
		l.waiting = append(l.waiting, p)
	}
}

// hears reports whether there is anybody for a signal.
func (l *live) hears(m *message) bool {
	there := m.to == "" || l.users[m.to] != nil && l.users[m.to].members > 0
	if m.to != "" && l.core.Has(m.to) != there {
		l.fail("%s is there: %v", m.to, !there)
	}
	return there && l.core.Members() > 0
}

// try appends what a publisher has, unless it has to wait.
func (l *live) try(p *publisher) bool {
	m := &l.msgs[p.id]
	if m.volatile && !l.hears(m) {
		return true
	}
	for {
		switch {
		case l.core.Clogged(m.size):
			l.meet(metClogged)
			return false
		case l.setup.Room.Policy != block || !l.core.Blocked(m.size):
			if l.append(p.id); m.to != "" {
				l.meet(metAddressed)
			}
			return true
		case p.patience == 0:
			l.meet(metBlocked)
			p.patience = l.now + l.setup.Room.Block.duration()
			return false
		case l.now < p.patience:
			return false
		}
		l.meet(metPassed)
		l.passOver(m.size)
	}
}

// passOver stops waiting for who is behind.
func (l *live) passOver(size int) {
	for _, s := range l.subs {
		if !s.over && l.core.Lag(&s.m) > 0 {
			s.passed = true
		}
	}
	if l.core.PassOver(size); l.core.Blocked(size) {
		l.fail("blocked by members who were passed over")
	}
}

// retry has publishers look again, if there is a reason.
func (l *live) retry() {
	again := l.progress
	for _, p := range l.waiting {
		again = again || p.patience != 0 && p.patience <= l.now
	}
	if !again || len(l.waiting) == 0 {
		l.progress = false
		return
	}
	l.progress = false
	waiting := l.waiting
	l.waiting = nil
	clogged := unlimited // a larger one is, too
	for i, p := range waiting {
		if size := l.msgs[p.id].size; size >= clogged || !l.try(p) {
			l.waiting = append(l.waiting, p)
			if l.core.Clogged(size) {
				clogged = min(clogged, size)
			}
		}
		if l.failed != nil {
			l.waiting = append(l.waiting, waiting[i+1:]...)
			return
		}
	}
}

// find is the first entry from i on that an item is of, or -1.
func (l *live) find(it *item, i int) int {
	for ; i < len(l.log); i++ {
		if l.log[i].is(it) {
			return i
		}
	}
	return -1
}

// is reports whether an item is of the entry.
func (e *said) is(it *item) bool {
	if e.kind != it.Kind {
		return false
	}
	switch e.kind {
	case room.Value, room.Signal:
		return e.msg == it.Value
	case room.Break:
		return e.pos == it.To
	}
	return e.user == it.User
}
