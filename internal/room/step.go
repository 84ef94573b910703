package room

import "time"

const (
	// StepSize is how many members one step takes.
	StepSize = 64
	// individuals are served for each step of a sweep, so that neither those who
	// catch up nor those who keep up wait for the others.
	individuals = 16
)

// An Item is something that a step offers.
type Item[T any] struct {
	Kind     Kind
	Value    T        // of Value and Signal
	User     string   // of Present and Absent
	Users    []string // of Joined and Gap: who is present
	From, To Position // of Joined: To is the next value's position; of Gap and Break: [From, To) is missing
}

// A Verdict is a member's answer to an offer.
type Verdict uint8

const (
	Taken    Verdict = iota
	Busy             // again when Ready has been called
	TooLarge         // again in smaller pieces
	Gone             // never again
)

// A Step is one value to be made of Items and offered to Members. The memory
// is reused by the next Step.
type Step[T, H any] struct {
	Items   []Item[T]
	Members []*Member[T, H]
	Answers []Verdict // for the owner to set, one for each member

	// Same says that Items are those of the last step that had several members:
	// what was made of them can be offered again. They are not repeated.
	Same bool

	from, to uint64
	next     Position // where to is
	entries  int      // of the log, among Items
	alone    bool
	told     Kind   // Joined or Gap, if that is all of it
	only     string // the user that it is for, if not empty
}

// swath is what the last step of a sweep took from the log.
type swath struct {
	from, to uint64
	next     Position
	entries  int
	only     string
	end      uint64 // of the log, then
}

// Step fills s with what is to be offered next, and reports whether there is
// anything. What it returned is to be settled before the next call.
func (r *Room[T, H]) Step(s *Step[T, H], now time.Duration) bool {
	clear(s.Members)
	s.Members, s.Answers = s.Members[:0], s.Answers[:0]
	for {
		swept := r.swept == r.log.seq && !r.sweeping
		if r.turns > 0 || swept {
			if m := r.queue.pop(); m != nil {
				r.turns--
				if r.single(s, m, now) {
					return true
				}
				continue
			}
			if swept {
				return false
			}
		}
		r.turns = individuals
		if r.chunk(s) {
			return true
		}
	}
}

// single serves one member, or makes it active if it has everything. What the
// room itself has to tell comes first and by itself.
func (r *Room[T, H]) single(s *Step[T, H], m *Member[T, H], now time.Duration) bool {
	l := &r.log
	if !m.joins && r.missed(m) && r.cfg.Policy == Disconnect {
		r.end(m, now)
		return false
	}
	m.gap = m.gap || r.missed(m) || m.cursor <= l.lostOther && m.since <= l.lostOther && r.cfg.Tells
	i := l.find(m.cursor)
	s.start(m.cursor, true)
	s.to, s.next = l.seqAt(i), Position{r.epoch, l.offsetAt(i)}
	switch {
	case m.joins:
		s.tell(Item[T]{Kind: Joined, To: s.next, Users: r.Users()})
	case m.gap:
		s.tell(Item[T]{Kind: Gap, From: m.next, To: s.next, Users: r.Users()})
	case i == len(l.entries):
		r.activate(m)
		return false
	default:
		r.collect(s, i, m)
		if s.entries == 0 {
			m.cursor, m.next = s.to, s.next
			r.enqueue(m)
			return false
		}
	}
	m.place, r.one = served, m
	s.add(m)
	return true
}

// chunk serves the next members of the sweep who stand at the same place.
func (r *Room[T, H]) chunk(s *Step[T, H]) bool {
	if !r.sweeping {
		r.sweeping, r.at, r.min = true, 0, r.log.seq
	}
	for begun := false; r.at < len(r.active) && len(s.Members) < StepSize; r.at++ {
		m := r.active[r.at]
		if m == nil || m.cursor == r.log.seq {
			continue
		}
		if r.missed(m) {
			r.deactivate(m)
			r.enqueue(m)
			continue
		}
		if !begun || m.cursor != s.from {
			if len(s.Members) > 0 {
				break
			}
			r.swath(s, m.cursor)
			begun = true
		}
		if s.entries == 0 || s.only != "" && s.only != m.User {
			m.cursor, m.next = s.to, s.next
			r.min = min(r.min, s.to)
			continue
		}
		s.add(m)
	}
	if len(s.Members) > 0 {
		return true
	}
	r.sweeping = false
	r.compact()
	r.swept = r.min
	return false
}

// swath collects what active members at a place are to be offered.
func (r *Room[T, H]) swath(s *Step[T, H], from uint64) {
	s.start(from, false)
	if w := r.last; w.from == from && w.end == r.log.seq {
		s.Same, s.to, s.next, s.entries, s.only = true, w.to, w.next, w.entries, w.only
		return
	}
	r.collect(s, r.log.find(from), nil)
	r.last = swath{from, s.to, s.next, s.entries, s.only, r.log.seq}
}

// collect adds the entries from index i on, for m or else for all who are
// active.
func (r *Room[T, H]) collect(s *Step[T, H], i int, m *Member[T, H]) {
	l := &r.log
	limit, size := r.cfg.Run, 0
	if m != nil {
		limit >>= m.shrink
	}
	for ; i < len(l.entries) && s.only == ""; i++ {
		e := &l.entries[i]
		if l.obsolete(e) {
			continue
		}
		if m != nil {
			signal := e.Kind == Signal || e.Kind == Present || e.Kind == Absent
			switch {
			case signal && e.seq < m.since:
				continue
			case e.Kind == Signal && e.User != "" && e.User != m.User:
				continue
			case e.Kind == Break && m.next.Offset >= e.Offset && m.next.Epoch == r.epoch:
				continue // a gap has said so
			}
		}
		if size += e.Size; s.entries > 0 && size > limit {
			break
		}
		if m == nil && e.Kind == Signal && e.User != "" {
			if s.entries > 0 {
				break
			}
			s.only = e.User
		}
		s.entries++
		s.Items = append(s.Items, Item[T]{
			Kind: e.Kind, Value: e.Value, User: e.User,
			From: e.From, To: Position{r.epoch, e.Offset},
		})
	}
	s.to, s.next = l.seqAt(i), Position{r.epoch, l.offsetAt(i)}
}

func (s *Step[T, H]) start(from uint64, alone bool) {
	clear(s.Items)
	s.Items, s.Same = s.Items[:0], false
	s.from, s.to, s.alone, s.told, s.entries, s.only = from, from, alone, 0, 0, ""
}

func (s *Step[T, H]) tell(item Item[T]) {
	s.told = item.Kind
	s.Items = append(s.Items, item)
}

// Alone reports whether the step is for one member, with items of its own.
func (s *Step[T, H]) Alone() bool { return s.alone }

// Clear lets go of what the step refers to.
func (s *Step[T, H]) Clear() {
	clear(s.Items)
	clear(s.Members)
}

func (s *Step[T, H]) add(m *Member[T, H]) {
	m.ready = false
	s.Members = append(s.Members, m)
	s.Answers = append(s.Answers, Taken)
}
