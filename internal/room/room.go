package room

import "time"

// A Policy says what happens to a member whose next entries were evicted before
// it took them.
type Policy uint8

const (
	Skip       Policy = iota // it goes on behind them, and is told
	Disconnect               // its membership ends
)

// Config of a room. All fields are in force as they are.
type Config struct {
	History int           // values that are kept for members to come
	Age     time.Duration // how long they are kept; 0 for ever
	Backlog int           // entries that are kept for members who are behind
	Bytes   int           // what all entries together may take
	Run     int           // what one step may take, if it is more than one entry
	Policy  Policy
	Tells   bool          // there are items of the room's own: Joined, Gap, Present, Absent, Break
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
	one      *Member[T, H] // who is served alone, in the present step
	last     swath
	at       int    // where the sweep stands in active
	min      uint64 // the least cursor that it has left behind
	turns    int    // queued members to be served before it goes on

	users   map[string]*presence
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
	r := &Room[T, H]{cfg: cfg, epoch: next.Epoch, swept: 1, least: 1, thinAt: 64}
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
	from := r.Next()
	if next == from {
		return
	}
	if next.Epoch != from.Epoch || next.Offset < from.Offset {
		r.log.evict(len(r.log.entries))
		r.epoch, r.log.lostOffset = next.Epoch, 0
	}
	r.log.offset = next.Offset
	r.log.append(Entry[T]{Kind: Break, From: from, at: now})
	r.appended(now)
}

func (r *Room[T, H]) appended(now time.Duration) {
	if len(r.active) == r.holes {
		r.swept = r.log.seq
	}
	r.trim(now)
}

// Clogged reports whether there is no room for another entry until the sweep
// has got further. It is for the owner to hold publishers back.
func (r *Room[T, H]) Clogged() bool {
	return r.fullBefore(r.swept)
}

// Blocked reports whether another entry would evict one that a member still
// has to be given, who has not been passed over.
func (r *Room[T, H]) Blocked() bool {
	if !r.fullBefore(r.log.seq) {
		return false
	}
	first := r.log.entries[0].seq
	for _, m := range r.waiting {
		if m.cursor <= first && !m.passed {
			return true
		}
	}
	for m := r.queue.head; m != nil; m = m.behind {
		if m.place == queued && m.cursor <= first && !m.passed {
			return true
		}
	}
	return false
}

// PassOver stops waiting for those who are the cause of Blocked, until they
// have caught up.
func (r *Room[T, H]) PassOver() {
	for _, m := range r.waiting {
		m.passed = true
	}
	for m := r.queue.head; m != nil; m = m.behind {
		m.passed = true
	}
}

// fullBefore reports whether the log is full and its oldest entry is not before
// seq but at it or behind.
func (r *Room[T, H]) fullBefore(seq uint64) bool {
	l := &r.log
	if len(l.entries) == 0 {
		return false
	}
	keep := max(r.cfg.Backlog, r.cfg.History)
	if seq == l.seq {
		return len(l.entries) >= keep || l.bytes >= r.cfg.Bytes
	}
	unswept := len(l.entries) - l.find(seq)
	return unswept >= keep || l.bytes >= r.cfg.Bytes && l.entries[0].seq >= seq
}

// trim evicts what is over the limits, and what nobody needs any more.
func (r *Room[T, H]) trim(now time.Duration) {
	l := &r.log
	r.thin()
	n, values, bytes := 0, l.values, l.bytes
	idle := len(r.waiting)+r.queue.len == 0 && r.one == nil
	for n < len(l.entries) {
		e := &l.entries[n]
		needed := !idle || e.seq >= r.swept
		history := e.Kind == Value && values <= r.cfg.History
		switch {
		case bytes > r.cfg.Bytes && n < len(l.entries)-1: // the newest has to get through
		case r.cfg.Age > 0 && e.Kind == Value && now-e.at >= r.cfg.Age:
		case needed && len(l.entries)-n <= max(r.cfg.Backlog, r.cfg.History):
			goto evict
		case history:
			goto evict
		}
		if e.Kind == Value {
			values--
		}
		bytes -= e.Size
		n++
	}
evict:
	l.evict(n)
	if n > 0 && r.cfg.Policy == Disconnect {
		r.disconnect(now)
	}
}

// thin drops what is no history from among what is, once that is half of it.
func (r *Room[T, H]) thin() {
	l := &r.log
	if l.stale > r.thinAt && l.stale > len(l.entries)/2 {
		l.thin(r.swept)
		r.thinAt = 64 + 2*l.stale // some cannot go yet
	}
}

// disconnect ends the memberships of waiting members who have missed values.
func (r *Room[T, H]) disconnect(now time.Duration) {
	if r.least > r.log.lostValue {
		return
	}
	least := r.log.seq
	for i := len(r.waiting) - 1; i >= 0; i-- {
		m := r.waiting[i]
		if r.missed(m) {
			r.end(m, now)
		} else {
			least = min(least, m.cursor)
		}
	}
	r.least = least
}

// missed reports whether values were evicted that m had not been given.
func (r *Room[T, H]) missed(m *Member[T, H]) bool { return m.cursor <= r.log.lostValue }

// end ends a membership on the room's account.
func (r *Room[T, H]) end(m *Member[T, H], now time.Duration) {
	r.remove(m, now)
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
	if r.cfg.Policy == Disconnect {
		r.disconnect(now)
	}
}

// Pending reports whether Step would find something.
func (r *Room[T, H]) Pending() bool { return r.queue.len > 0 || r.swept != r.log.seq }

// Each calls f with all members.
func (r *Room[T, H]) Each(f func(*Member[T, H])) {
	for _, m := range r.active {
		if m != nil {
			f(m)
		}
	}
	for _, m := range r.waiting {
		f(m)
	}
	for m := r.queue.head; m != nil; m = m.behind {
		if m.place == queued {
			f(m)
		}
	}
	if r.one != nil && r.one.place == served {
		f(r.one)
	}
}

// History returns up to n values from a position on, and the position of the
// first.
func (r *Room[T, H]) History(from Position, n int) ([]T, Position) {
	l, i := &r.log, 0
	if from.Epoch == r.epoch {
		i = l.findOffset(from.Offset)
	}
	p := Position{r.epoch, l.offsetAt(i)}
	var vs []T
	for ; i < len(l.entries) && len(vs) < n; i++ {
		if e := &l.entries[i]; e.Kind == Value {
			vs = append(vs, e.Value)
		}
	}
	return vs, p
}
