package room

import (
	"fmt"
	"maps"
	"sort"
	"time"
)

// A happened is an entry of the naive log, which forgets nothing. Who came and
// went is not among them: of that only the sum is judged.
type happened struct {
	kind Kind
	user string // of a signal, whom it is for
	key  string
	pos  Position // of a value; of others, that of the next value
}

// A world is a naive model of a room: all that ever happened, and who is there.
type world struct {
	cfg    Config
	r      *Room[int, *follower]
	log    []happened
	newest map[string]int
	users  map[string]*stay
	all    []*follower // members, as far as the owner knows
	now    time.Duration
	errs   []error
	trace  func(format string, args ...any)
}

// A stay is a user's presence.
type stay struct {
	members int
	until   time.Duration
}

// A follower judges what one member is offered.
type follower struct {
	w    *world
	m    *Member[int, *follower]
	pos  Position // of the next value, as the member counts it
	next int      // index in the naive log of what it has not accounted for
	last int      // and behind what it was given last
	// Signals before these are not for it, or have been excused by a gap.
	since, excused int
	told           bool            // Joined was
	beyond         bool            // it began where the room has not been
	view           map[string]bool // who is there, as it has been told
	tooLarge       bool            // its last answer
	over           bool

	// How it answers.
	capacity int // weight that it takes at once
	busy     int // in a hundred
	gone     bool
	early    bool // it was ready before its last offer was over
	steady   bool // it keeps up, and nothing may be missing for it
}

func newWorld(cfg Config) *world {
	w := &world{cfg: cfg, newest: map[string]int{}, users: map[string]*stay{}, now: time.Hour, trace: untraced}
	w.r = New[int, *follower](cfg, Position{7, 1})
	return w
}

func untraced(string, ...any) {}

func (w *world) fail(format string, args ...any) {
	w.errs = append(w.errs, fmt.Errorf(format, args...))
}

func (f *follower) fail(format string, args ...any) {
	f.w.fail("member %p at %v, entry %d: %s", f, f.pos, f.next, fmt.Sprintf(format, args...))
}

func (w *world) append(e Entry[int]) {
	e.Value = len(w.log)
	h := happened{kind: e.Kind, user: e.User, key: e.Key, pos: w.r.Next()}
	if e.Key != "" {
		w.newest[e.Key] = len(w.log)
	}
	w.log = append(w.log, h)
	w.trace("append %d %+v", e.Value, h)
	if p := w.r.Append(e, w.now); p != h.pos {
		w.fail("appended at %v instead of %v", p, h.pos)
	}
}

func (w *world) seek(next Position) {
	if next != w.r.Next() {
		w.log = append(w.log, happened{kind: Break, pos: next})
	}
	w.trace("seek %v", next)
	w.r.Seek(next, w.now)
}

func (w *world) come(user string) {
	if user == "" {
		return
	}
	if w.users[user] == nil {
		w.users[user] = &stay{}
	}
	w.users[user].members++
}

func (w *world) depart(user string) {
	if s := w.users[user]; s != nil {
		if s.members--; s.members == 0 {
			if s.until = w.now + w.cfg.Grace; w.cfg.Grace <= 0 {
				delete(w.users, user)
			}
		}
	}
}

func (w *world) tick() {
	w.r.Tick(w.now)
	if d := w.r.Deadline(); d != 0 && d <= w.now {
		w.fail("a tick at %v is due at %v again", w.now, d)
	}
	maps.DeleteFunc(w.users, func(_ string, s *stay) bool { return s.members == 0 && s.until <= w.now })
}

// join begins a follower where the room says, and holds the room to that.
func (w *world) join(user string, s Start) *follower {
	f := &follower{w: w, m: &Member[int, *follower]{User: user}, view: map[string]bool{}}
	f.m.Handle = f
	f.since = len(w.log)
	f.excused = f.since
	next := w.r.Next()
	w.come(user)
	w.r.Join(f.m, s, w.now)
	w.all = append(w.all, f)
	f.pos = w.r.Position(f.m)
	switch {
	case s.From.Epoch != 0:
		if want := (Position{s.From.Epoch, max(s.From.Offset, 1)}); f.pos != want {
			f.fail("joined from %v", s.From)
		}
		f.beyond = s.From.Epoch > next.Epoch || s.From.Epoch == next.Epoch && s.From.Offset > next.Offset
	case s.Last <= 0:
		if f.pos != next {
			f.fail("joined from now, which is %v", next)
		}
	default:
		w.checkLast(f, s.Last)
	}
	f.next = w.index(f.pos)
	return f
}

// checkLast demands that n current values, or all that are kept, lie ahead.
func (w *world) checkLast(f *follower, n int) {
	ahead, kept := 0, 0
	for i := range w.r.log.entries {
		if e := &w.r.log.entries[i]; e.Kind == Value && !w.obsolete(e.Value) {
			kept++
			if e.Offset >= f.pos.Offset {
				ahead++
			}
		}
	}
	if ahead != min(n, kept) {
		f.fail("the last %d of %d are %d", n, kept, ahead)
	}
}

// index is the first entry at a position or behind it, or the end of the log.
func (w *world) index(p Position) int {
	return sort.Search(len(w.log), func(i int) bool {
		at := w.log[i].pos
		return at.Epoch > p.Epoch || at.Epoch == p.Epoch && at.Offset >= p.Offset
	})
}

func (w *world) obsolete(i int) bool {
	return w.log[i].key != "" && w.newest[w.log[i].key] != i
}

// over takes note that a membership has ended otherwise than by the room.
func (w *world) over(f *follower) {
	if !f.over {
		f.over = true
		w.depart(f.m.User)
	}
}

// ended takes note of the memberships that the room has ended, which it may do
// only to one who has missed something that it could not be told of.
func (w *world) ended() {
	for _, m := range w.r.Ended() {
		w.trace("ended %p at %d", m, m.cursor)
		f := m.Handle
		if f.over {
			f.fail("ended twice")
		}
		w.over(f)
		if !f.tooLarge && (w.cfg.Policy != Disconnect || !f.missed()) {
			f.fail("ended without a reason in %+v; the log is %v-%v", w.cfg, w.r.First(), w.r.Next())
		}
	}
}

// missed reports whether a value that it should have had is not in the log.
func (f *follower) missed() bool {
	w := f.w
	if f.beyond || f.pos.Epoch != w.r.epoch || f.pos.Offset < w.r.First().Offset || f.pos.Offset > w.r.Next().Offset {
		return true
	}
	for i := f.next; i < len(w.log); i++ {
		if w.log[i].kind == Break && w.log[i].pos != f.pos {
			return !w.cfg.Tells
		}
	}
	return false
}
