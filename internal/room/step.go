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
	Users    []string // of Joined, Gap and Break: who is present, if they are not too many
	Count    int      // and how many
	From, To Position // of Joined: To is where it begins; of Gap and Break: [From, To) is missing
}

// A Verdict is a member's answer to an offer.
type Verdict uint8

const (
	Taken     Verdict = iota
	Busy              // again when Ready has been called
	TooLarge          // again in smaller pieces
	Gone              // never again
	Unoffered         // it is about to leave, or has left, and was passed over
)

// A Step is one value to be made of Items and offered to Members. The memory
// is reused by the next Step.
type Step[T, H any] struct {
	Items   []Item[T]
	Members []*Member[T, H]
	Answers []Verdict // for the owner to set, one for each member; Unoffered at first

	// Same says that Items are those of the last step of the sweep: what was made
	// of them can be offered again. They are not repeated.
	Same bool

	swath
	lost     uint64 // log.lostOther, when it was made
	alone    bool
	told     Kind // Joined or Gap, if that is all of it
	personal bool // what is for one user alone was among the entries
}

// swath is what a step took from the log.
type swath struct {
	from, to uint64
	last     uint64   // of the entries between that were looked at
	next     Position // where to is
	entries  int
	payload  int    // values and signals among them
	size     int    // what they weigh
	only     string // the user that it is for, in a sweep, if not empty
	end      uint64 // of the log, at the time
}

// Step fills s with what is to be offered next, and reports whether there is
// anything. What it returned is to be settled before the next call.
func (r *Room[T, H]) Step(s *Step[T, H], now time.Duration) bool {
	clear(s.Members)
	s.Members, s.Answers = s.Members[:0], s.Answers[:0]
	r.steps++
	for {
		swept := r.swept == r.log.seq && !r.sweeping
		if r.turns > 0 || swept || broken == RuleTurnsOfSweep && r.queue.len > 0 {
			if m := r.queue.pop(); m != nil {
				r.turns--
				if r.single(s, m, now) {
					r.stepping = true
					return true
				}
				continue
			}
			if swept {
				r.last = swath{}
				if r.trim(now); r.Pending() { // that somebody's membership has ended
					continue
				}
				return false
			}
		}
		if r.turns = individuals; broken == RuleTurnsOfQueue {
			r.turns = 0
		}
		if r.chunk(s) {
			r.stepping = true
			return true
		}
	}
}

// single serves one member, and those behind it in the queue who are to be
// offered the same, or makes it active if it has everything. What the room
// itself has to tell comes first and by itself.
func (r *Room[T, H]) single(s *Step[T, H], m *Member[T, H], now time.Duration) bool {
	l := &r.log
	missed := r.missed(m)
	if missed && r.cfg.Policy == Disconnect && !m.joins && broken != RuleEndBehind || m.gap && !r.cfg.Tells && broken != RuleEndUntold {
		r.end(m, now)
		return false
	}
	m.gap = m.gap || missed || r.deaf(m)
	i := l.find(m.cursor)
	if m.gap {
		i = l.behindBreaks(i)
	}
	s.start(m.cursor, true)
	s.to, s.next = l.seqAt(i), Position{r.epoch, l.offsetAt(i)}
	s.end, s.lost = l.seq, l.lostOther
	switch {
	case m.joins:
		s.tell(r.tellUsers(Item[T]{Kind: Joined, To: m.next}))
	case m.gap:
		s.tell(r.tellUsers(Item[T]{Kind: Gap, From: m.next, To: s.next}))
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
	r.add(s, m)
	for o := r.queue.peek(); o != nil && len(s.Members) < StepSize && r.alike(s, m, o); o = r.queue.peek() {
		o.gap = m.gap
		r.add(s, r.queue.pop())
	}
	r.serving = s.Members
	return true
}

// alike reports whether what s has for m is what o is to be offered, too. So
// members who were held up at the same place share what is made of it.
func (r *Room[T, H]) alike(s *Step[T, H], m, o *Member[T, H]) bool {
	switch {
	case o.cursor != m.cursor || o.next != m.next || o.most != m.most || o.joins != m.joins:
		return false
	case m.gap != (o.gap || r.missed(o) || r.deaf(o)):
		return false
	case s.told != 0:
		return true
	}
	// Are both given values alone, or else all there is?
	early, late := min(m.since, m.aware, o.since, o.aware), max(m.since, m.aware, o.since, o.aware)
	return early > s.last || late <= s.from && !s.personal
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
		if r.missed(m) || r.deaf(m) {
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
		if s.entries == 0 || s.only != "" && s.only != m.User && broken != RuleAddressed {
			m.cursor, m.next = s.to, s.next
			r.min = min(r.min, s.to)
			continue
		}
		r.add(s, m)
	}
	if len(s.Members) > 0 { // only now is something made of it
		r.last = s.swath
		return true
	}
	r.sweeping = false
	r.compact()
	if r.swept = r.min; broken == RuleLeastSwept {
		r.swept = r.log.seq
	}
	return false
}

// swath collects what active members at a place are to be offered.
func (r *Room[T, H]) swath(s *Step[T, H], from uint64) {
	s.start(from, false)
	if (r.last.from == from || broken == RuleSameFrom && r.last.entries > 0) && r.last.end == r.log.seq {
		s.swath, s.Same = r.last, true
		return
	}
	r.collect(s, r.log.find(from), nil)
	s.end = r.log.seq
}

// collect adds the entries from index i on, for m or else for all who are
// active: as many as may be merged, or one.
func (r *Room[T, H]) collect(s *Step[T, H], i int, m *Member[T, H]) {
	l, limit := &r.log, r.cfg.Run
	if m != nil && m.most > 0 {
		limit = m.most
	}
	var taken uint64
	for ; i < len(l.entries); i++ {
		e := &l.entries[i]
		if l.obsolete(e) && broken != RuleReplaced {
			continue
		}
		if m != nil && s.entries > 0 && taken < m.since && m.since <= e.seq {
			break // what is before may be shared with others
		}
		addressed := e.Kind == Signal && e.User != ""
		if m != nil {
			if s.personal = s.personal || addressed; m.skips(e) {
				continue
			}
		}
		if s.entries > 0 && (s.size+max(e.Size, 1) > limit && broken != RuleRun || m == nil && (addressed || s.only != "")) {
			break
		}
		if addressed && m == nil {
			s.only = e.User
		}
		if e.Kind == Value || e.Kind == Signal {
			s.payload++
		}
		s.entries, taken = s.entries+1, e.seq
		s.size += max(e.Size, 1)
		item := Item[T]{
			Kind: e.Kind, Value: e.Value, User: e.User,
			From: e.From, To: Position{r.epoch, e.Offset},
		}
		if e.Kind == Break {
			item = r.tellUsers(item)
		}
		s.Items = append(s.Items, item)
	}
	if i > 0 {
		s.last = l.entries[i-1].seq
	}
	s.to, s.next = l.seqAt(i), Position{r.epoch, l.offsetAt(i)}
	if i < len(l.entries) && l.entries[i].Kind == Break {
		s.next = l.entries[i].From
	}
}

// skips reports whether an entry is not for m.
func (m *Member[T, H]) skips(e *Entry[T]) bool {
	switch e.Kind {
	case Value, Break:
		return false
	case Signal:
		return e.seq < m.since || e.User != "" && e.User != m.User
	}
	return e.seq < m.aware
}

func (s *Step[T, H]) start(from uint64, alone bool) {
	clear(s.Items)
	s.Items, s.Same = s.Items[:0], false
	s.swath = swath{from: from, to: from}
	s.alone, s.told, s.personal = alone, 0, false
}

func (s *Step[T, H]) tell(item Item[T]) {
	s.told = item.Kind
	s.Items = append(s.Items, item)
}

// Alone reports whether the step is not one of a sweep.
func (s *Step[T, H]) Alone() bool { return s.alone }

// Clear lets go of what the step refers to.
func (s *Step[T, H]) Clear() {
	clear(s.Items)
	clear(s.Members)
}

func (r *Room[T, H]) add(s *Step[T, H], m *Member[T, H]) {
	m.ready, m.step = false, r.steps
	s.Members = append(s.Members, m)
	if s.Answers = append(s.Answers, Unoffered); broken == RuleUnoffered {
		s.Answers[len(s.Answers)-1] = Taken
	}
}
