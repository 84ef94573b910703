package room

import "time"

// A Member is a cursor on a room's log. All of it belongs to the room but what
// is exported.
type Member[T, H any] struct {
	Handle H
	User   string // empty for one who is not to be seen

	cursor uint64   // sequence number of the next entry
	next   Position // and the position of the next value
	since  uint64   // signals before this are not for it
	aware  uint64   // who came or went before this has been told otherwise
	place  place
	ready  bool          // Ready was called since the last offer began
	joins  bool          // the Joined item is owed
	gap    bool          // a Gap item is owed, from next
	passed bool          // publishers no longer wait for it
	most   int           // of what may be offered at once, if less than the room's Run and not 0
	index  int           // in active or waiting
	step   uint64        // the last one that it was served by
	behind *Member[T, H] // in the queue
}

// A place is where a member stands.
type place uint8

const (
	nowhere place = iota // not a member, or not any more
	active
	queued
	waiting
	served // not in a sweep, in the present step
)

// Start says where a member's cursor begins.
type Start struct {
	From Position // if Epoch is set: there
	Last int      // else this many values back
}

// Join makes m, whose Handle and User are set, a member. Its first item is
// Joined.
func (r *Room[T, H]) Join(m *Member[T, H], s Start, now time.Duration) {
	l := &r.log
	r.come(m.User, now)
	if m.since, m.aware = l.seq, l.seq; broken == RuleSince {
		m.since = 0
	}
	m.joins = r.cfg.Tells
	switch {
	case s.From.Epoch == 0:
		m.cursor, m.next = r.back(s.Last)
	default:
		m.next = Position{s.From.Epoch, max(s.From.Offset, 1)}
		m.cursor, m.gap = r.from(m.next)
	}
	r.members++
	r.enqueue(m)
}

// from returns the place of a position, and whether values from there on are
// missing.
func (r *Room[T, H]) from(p Position) (uint64, bool) {
	l := &r.log
	if p.Epoch != r.epoch && broken != RuleOwnEpoch {
		return l.seqAt(0), true
	}
	for i := l.findOffset(p.Offset); i < len(l.entries); i++ {
		switch e := &l.entries[i]; {
		case e.Kind != Break:
			return e.seq, p.Offset <= l.lostOffset && broken != RuleMissingAtJoin
		case e.Offset > p.Offset:
			return e.seq, true
		}
	}
	return l.seq, (p.Offset <= l.lostOffset || p.Offset > l.offset) && broken != RuleMissingAtJoin
}

// back returns the place of the last n values.
func (r *Room[T, H]) back(n int) (uint64, Position) {
	l := &r.log
	i := len(l.entries)
	for ; i > 0 && n > 0; i-- {
		if e := &l.entries[i-1]; e.Kind == Value && (!l.obsolete(e) || broken == RuleLastCounts) {
			n--
		}
	}
	i = l.behindBreaks(i)
	return l.seqAt(i), Position{r.epoch, l.offsetAt(i)}
}

// Leave ends a membership. It reports whether there was one.
func (r *Room[T, H]) Leave(m *Member[T, H], now time.Duration) bool {
	if m.place == nowhere {
		return false
	}
	r.remove(m, now)
	if broken != RuleLeftNeeds {
		r.trim(now) // of what was kept for it
	}
	return true
}

func (r *Room[T, H]) remove(m *Member[T, H], now time.Duration) {
	r.detach(m)
	r.depart(m.User, now)
}

// detach takes a member from wherever it is.
func (r *Room[T, H]) detach(m *Member[T, H]) {
	switch m.place {
	case active:
		r.deactivate(m)
	case waiting:
		r.unwait(m)
	case queued:
		r.queue.len-- // it is passed over when its turn comes
	}
	m.place = nowhere
	r.members--
}

// Ready says that m may be offered again what it refused.
func (r *Room[T, H]) Ready(m *Member[T, H]) {
	m.ready = true
	if m.place == waiting {
		r.unwait(m)
		r.enqueue(m)
	}
}

// Lag is how many entries m is behind.
func (r *Room[T, H]) Lag(m *Member[T, H]) int {
	return len(r.log.entries) - r.log.find(m.cursor)
}

// Position is that of the next value that m has not taken.
func (r *Room[T, H]) Position(m *Member[T, H]) Position { return m.next }

func (r *Room[T, H]) enqueue(m *Member[T, H]) {
	m.place = queued
	r.queue.push(m)
}

func (r *Room[T, H]) activate(m *Member[T, H]) {
	m.place, m.index = active, len(r.active)
	m.passed, m.cursor = m.passed && broken == RuleWaitAgain, r.log.seq
	r.active = append(r.active, m)
}

// deactivate takes m from the active members. A sweep under way must not be
// overtaken by one that moves to an earlier place.
func (r *Room[T, H]) deactivate(m *Member[T, H]) {
	if r.sweeping && broken != RuleHoles {
		r.active[m.index] = nil
		r.holes++
		return
	}
	last := len(r.active) - 1
	r.active[m.index] = r.active[last]
	r.active[m.index].index = m.index
	r.active[last] = nil
	r.active = r.active[:last]
}

// compact closes the holes that a sweep has left.
func (r *Room[T, H]) compact() {
	if r.holes == 0 {
		return
	}
	n := 0
	for _, m := range r.active {
		if m != nil {
			m.index = n
			r.active[n] = m
			n++
		}
	}
	clear(r.active[n:])
	r.active, r.holes = r.active[:n], 0
}

func (r *Room[T, H]) wait(m *Member[T, H]) {
	m.place, m.index = waiting, len(r.waiting)
	r.waiting = append(r.waiting, m)
	r.least = min(r.least, m.cursor)
}

func (r *Room[T, H]) unwait(m *Member[T, H]) {
	last := len(r.waiting) - 1
	r.waiting[m.index] = r.waiting[last]
	r.waiting[m.index].index = m.index
	r.waiting[last] = nil
	r.waiting = r.waiting[:last]
}
