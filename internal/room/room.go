package room

import (
	"iter"
	"time"
)

// A Policy says what happens to a member whose next entries were evicted before
// it took them.
type Policy uint8

const (
	Skip       Policy = iota // it goes on behind them, and is told
	Disconnect               // its membership ends
)

// Config of a room. All fields are in force as they are. Without Tells the Policy
// has to be Disconnect, since nobody can be told of a gap.
type Config struct {
	History int           // values that are kept for members to come
	Age     time.Duration // how long they are kept; 0 for ever
	Backlog int           // entries that are kept for members who are behind
	Slack   int           // entries beyond that, which are not thinned out or evicted to no purpose
	Bytes   int           // what all entries together may take; no single one is larger
	Run     int           // what one step may take, if it is more than one entry
	Policy  Policy
	Tells   bool          // there are items of the room's own: Joined, Gap, Present, Absent, Break
	Roster  int           // how many users Joined and Gap name at most
	Grace   time.Duration // from a user's last leaving until that counts
}

// A Room is a log and its members. H is what the owner knows a member by.
type Room[T, H any] struct {
	cfg   Config
	log   log[T]
	epoch uint64

	active  []*Member[T, H] // nil where one has left during a sweep
	holes   int
	queue   queue[T, H]
	waiting []*Member[T, H]
	ended   []*Member[T, H] // by the room, for the owner to tell
	least   uint64          // no waiting member's cursor is below this

	thinAt int // how many entries that are no history are worth a thinning

	swept    uint64 // every active member has all before this
	sweeping bool
	serving  []*Member[T, H] // in the present step, if that is not one of a sweep
	last     swath
	at       int    // where the sweep stands in active
	min      uint64 // the least cursor that it has left behind
	steps    uint64 // counts the steps
	stepping bool   // one is not settled yet
	turns    int    // queued members to be served before it goes on

	users   map[string]*presence
	roster  []string // of users, if not nil
	leaving []leaving

	members int
	counts  Counts
}

// Counts are what a room has done.
type Counts struct {
	Appended, Delivered, Refused, Gaps, Ended uint64
}

// New makes an empty room whose next value is at the given position. Offsets
// begin at 1.
func New[T, H any](cfg Config, next Position) *Room[T, H] {
	r := &Room[T, H]{cfg: cfg, epoch: next.Epoch, swept: 1, least: 1, thinAt: cfg.Slack}
	r.log.seq, r.log.offset = 1, max(next.Offset, 1)
	return r
}

// Next is the position of the next value.
func (r *Room[T, H]) Next() Position { return Position{r.epoch, r.log.offset} }

// First is the position of the oldest value that is kept.
func (r *Room[T, H]) First() Position { return Position{r.epoch, r.log.offsetAt(0)} }

// Members is how many there are.
func (r *Room[T, H]) Members() int { return r.members }

// Bytes and Values are what the log holds.
func (r *Room[T, H]) Bytes() int  { return r.log.bytes }
func (r *Room[T, H]) Values() int { return r.log.values }

// Counts returns what the room has done so far.
func (r *Room[T, H]) Counts() Counts { return r.counts }

// Append adds an entry, whose Kind, Value, User, Key and Size the caller has
// set, and returns its position.
func (r *Room[T, H]) Append(e Entry[T], now time.Duration) Position {
	p := r.Next()
	e.at = now
	r.log.append(e)
	r.counts.Appended++
	r.appended(now)
	return p
}

// Seek sets the position of the next value, where somebody else gives out
// positions. What lies between, or in another epoch, is missing.
func (r *Room[T, H]) Seek(next Position, now time.Duration) {
	from, l := r.Next(), &r.log
	if next == from {
		return
	}
	if next.Epoch != from.Epoch || next.Offset < from.Offset || !r.cfg.Tells {
		l.evict(len(l.entries))
	}
	if len(l.entries) == 0 { // then it need not be found in the log
		l.lostOffset = next.Offset - 1
	}
	r.epoch, l.offset = next.Epoch, next.Offset
	switch {
	case !r.cfg.Tells: // each member has missed something
		l.lostValue = l.seq
		l.seq++
	case (len(l.entries) > 0 || r.members > 0) && broken != RuleBreak:
		l.append(Entry[T]{Kind: Break, From: from, at: now})
	}
	r.appended(now)
	r.disconnect(now)
}

func (r *Room[T, H]) appended(now time.Duration) {
	if len(r.active) == r.holes {
		r.swept = r.log.seq
	}
	r.trim(now)
}

// Clogged reports whether another entry of a size would evict one that the
// sweep has still to get to. It is for the owner to hold publishers back.
func (r *Room[T, H]) Clogged(size int) bool { return !r.fits(r.swept, size) && broken != RuleClogged }

// Blocked reports whether it would evict one that a member still has to be
// given, who is behind and has not been passed over.
func (r *Room[T, H]) Blocked(size int) bool {
	for m := range r.laggards() {
		if !m.passed && !r.fits(m.cursor, size) {
			return broken != RuleBlocked
		}
	}
	return false
}

// PassOver stops waiting for those who are the cause of Blocked, until they
// have caught up.
func (r *Room[T, H]) PassOver(size int) {
	for m := range r.laggards() {
		m.passed = m.passed || !r.fits(m.cursor, size)
	}
}

// laggards are the members who are waiting, queued or being served.
func (r *Room[T, H]) laggards() iter.Seq[*Member[T, H]] {
	return func(yield func(*Member[T, H]) bool) {
		for _, m := range r.waiting {
			if !yield(m) {
				return
			}
		}
		for m := r.queue.head; m != nil; m = m.behind {
			if m.place == queued && !yield(m) {
				return
			}
		}
		for _, m := range r.serving {
			if m.place == served && !yield(m) {
				return
			}
		}
	}
}

// fits reports whether an entry of a size can be appended without evicting what
// there is from seq on.
func (r *Room[T, H]) fits(seq uint64, size int) bool {
	l := &r.log
	i := l.find(seq)
	n := len(l.entries) - i
	return n == 0 || n < r.keep() && (l.bytes+size <= r.cfg.Bytes || l.bytesFrom(i)+size <= r.cfg.Bytes)
}

// keep is how many entries are kept for members who need them.
func (r *Room[T, H]) keep() int { return max(r.cfg.Backlog, r.cfg.History) }

// most is how many entries the log holds whatever happens.
func (r *Room[T, H]) most() int { return 4*r.keep() + r.cfg.Slack }

// trim evicts what is over the limits, and what nobody needs any more.
func (r *Room[T, H]) trim(now time.Duration) {
	r.thin()
	l := &r.log
	n, values, bytes := 0, l.values, l.bytes
	idle := len(r.waiting)+r.queue.len+len(r.serving) == 0
	for ; n < len(l.entries); n++ {
		e, left := &l.entries[n], len(l.entries)-n
		current := e.Kind == Value && !l.obsolete(e)
		needed := (!idle || e.seq >= r.swept || broken == RuleRest) && left <= r.keep()
		over := bytes > r.cfg.Bytes && broken != RuleBytes || left > r.most() && broken != RuleEntries
		old := r.cfg.Age > 0 && now-e.at >= r.cfg.Age && broken != RuleAge
		if !over && !old && (needed || current && values <= r.cfg.History) {
			break
		}
		if current {
			values--
		}
		bytes -= e.Size
	}
	if n > 0 {
		l.evict(n)
		r.disconnect(now)
	}
}

// thin drops what is no history from among what is, once that is half of it.
func (r *Room[T, H]) thin() {
	l := &r.log
	if l.stale > r.thinAt && l.stale > len(l.entries)/2 {
		l.thin(r.swept)
		r.thinAt = r.cfg.Slack + 2*l.stale // some cannot go yet
	}
}

// disconnect ends the memberships of waiting members who have missed values, if
// that is the policy.
func (r *Room[T, H]) disconnect(now time.Duration) {
	if r.cfg.Policy != Disconnect || r.least > r.log.lostValue {
		return
	}
	first := len(r.ended)
	r.least = r.log.seq
	for i := len(r.waiting) - 1; i >= 0; i-- {
		if m := r.waiting[i]; r.missed(m) {
			r.expel(m)
		} else {
			r.least = min(r.least, m.cursor)
		}
	}
	// Only now, because it may come back here.
	ended := r.ended[first:]
	for _, m := range ended {
		r.depart(m.User, now)
	}
	if len(ended) > 0 {
		r.trim(now) // of what was kept for them
	}
}

// missed reports whether values were evicted that m had not been given.
func (r *Room[T, H]) missed(m *Member[T, H]) bool { return m.cursor <= r.log.lostValue }

// deaf reports whether other entries were that m should have been told of.
func (r *Room[T, H]) deaf(m *Member[T, H]) bool {
	return r.cfg.Tells && max(m.cursor, m.since) <= r.log.lostOther && broken != RuleToldDeaf
}

// end ends a membership on the room's account.
func (r *Room[T, H]) end(m *Member[T, H], now time.Duration) {
	r.expel(m)
	r.depart(m.User, now)
}

func (r *Room[T, H]) expel(m *Member[T, H]) {
	r.detach(m)
	r.ended = append(r.ended, m)
	r.counts.Ended++
}

// Ended returns the members whose membership the room has ended since the last
// call.
func (r *Room[T, H]) Ended() []*Member[T, H] {
	ended := r.ended
	r.ended = nil
	return ended
}

// Forget evicts the oldest entries until as many bytes are free or none is left.
func (r *Room[T, H]) Forget(bytes int, now time.Duration) {
	n := 0
	for ; n < len(r.log.entries) && bytes > 0; n++ {
		bytes -= r.log.entries[n].Size
	}
	r.log.evict(n)
	r.disconnect(now)
}

// Pending reports whether Step would find something.
func (r *Room[T, H]) Pending() bool { return r.queue.len > 0 || r.swept != r.log.seq }

// Served reports whether m is among the members of a step that is not settled
// yet.
func (r *Room[T, H]) Served(m *Member[T, H]) bool {
	return r.stepping && m.step == r.steps && (m.place != nowhere || broken != RuleServed)
}

// Each calls f with all members.
func (r *Room[T, H]) Each(f func(*Member[T, H])) {
	for _, m := range r.active {
		if m != nil {
			f(m)
		}
	}
	for m := range r.laggards() {
		f(m)
	}
}

// History returns up to n current values from a position on, and the position of
// the first. It ends before values that are missing.
func (r *Room[T, H]) History(from Position, n int) ([]T, Position) {
	l, i := &r.log, 0
	if from.Epoch == r.epoch {
		i = l.findOffset(from.Offset)
	}
	first := r.Next()
	var vs []T
	for ; i < len(l.entries) && len(vs) < n; i++ {
		switch e := &l.entries[i]; {
		case e.Kind == Value && !l.obsolete(e):
			if len(vs) == 0 {
				first.Offset = e.Offset
			}
			vs = append(vs, e.Value)
		case e.Kind == Break && len(vs) > 0 && broken != RuleHistoryWhole:
			return vs, first
		}
	}
	return vs, first
}
