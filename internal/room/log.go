package room

import (
	"slices"
	"sort"
	"time"
)

// A Kind says what an entry of the log is, or an item of a step.
type Kind uint8

const (
	Value   Kind = iota // a value that has an offset, and is history
	Signal              // a value without, for those who are there
	Present             // User has come
	Absent              // User has gone
	Break               // values before Offset are missing, for everybody
	Joined              // the member's first item
	Gap                 // values before Offset are missing, for this member
)

// An Entry is a place in the log.
type Entry[T any] struct {
	Kind   Kind
	Value  T
	User   string // of Present and Absent; else the one user whom it is for, if not empty
	Key    string // of a Value: it makes earlier ones of the same key obsolete
	Size   int
	Offset uint64 // of a Value; of others, that of the next Value
	From   Position

	seq uint64
	sum int // of the sizes of all that were appended before
	at  time.Duration
}

// A Position is a place in a room's history.
type Position struct{ Epoch, Offset uint64 }

// A log is the entries of a room, oldest first.
type log[T any] struct {
	entries []Entry[T]
	seq     uint64 // of the next entry; the first is 1
	offset  uint64 // of the next value; the first is 1
	values  int    // that are not obsolete
	stale   int    // entries that are no history: those of no offset, and obsolete values
	bytes   int
	sum     int               // of the sizes of all that were ever appended
	newest  map[string]uint64 // by key, the sequence number of its newest value

	// The highest sequence numbers that were evicted while they still mattered.
	lostValue, lostOther uint64
	lostOffset           uint64 // of that value
}

func (l *log[T]) append(e Entry[T]) {
	e.seq, e.sum = l.seq, l.sum
	l.seq++
	l.sum += e.Size
	if e.Kind == Value {
		e.Offset = l.offset
		l.offset++
		l.values++
		if e.Key != "" {
			if l.newest == nil {
				l.newest = map[string]uint64{}
			}
			if l.newest[e.Key] != 0 {
				l.stale++
				l.values--
			}
			l.newest[e.Key] = e.seq
		}
	} else {
		e.Offset = l.offset
		if e.Kind != Break {
			l.stale++
		}
	}
	l.bytes += e.Size
	l.entries = append(l.entries, e)
}

// obsolete reports whether a later value of the same key has been appended.
func (l *log[T]) obsolete(e *Entry[T]) bool {
	return e.Key != "" && l.newest[e.Key] != e.seq
}

// evict drops the oldest n entries.
func (l *log[T]) evict(n int) {
	for i := range l.entries[:n] {
		e := &l.entries[i]
		l.bytes -= e.Size
		switch {
		case e.Kind == Break:
			l.lostValue, l.lostOffset = e.seq, e.Offset-1
		case e.Kind != Value:
			l.stale--
			l.lostOther = e.seq
		case l.obsolete(e):
			l.stale--
		default:
			l.values--
			if broken != RuleNoteLost {
				l.lostValue, l.lostOffset = e.seq, e.Offset
			}
			delete(l.newest, e.Key)
		}
	}
	clear(l.entries[:n])
	l.entries = l.entries[n:]
}

// thin drops the entries before seq that are no history: signals, presence, and
// obsolete values.
func (l *log[T]) thin(seq uint64) {
	l.entries = slices.DeleteFunc(l.entries, func(e Entry[T]) bool {
		drop := e.seq < seq && e.Kind != Break && (e.Kind != Value || l.obsolete(&e) || broken == RuleThinStale)
		if drop {
			l.bytes -= e.Size
			l.stale--
			if e.Kind != Value {
				l.lostOther = max(l.lostOther, e.seq)
			}
		}
		return drop
	})
}

// find returns the index of the first entry at or behind seq.
func (l *log[T]) find(seq uint64) int {
	if len(l.entries) == 0 || seq <= l.entries[0].seq {
		return 0
	}
	if seq >= l.seq {
		return len(l.entries)
	}
	// Without holes it stands at its distance from the end.
	if i := len(l.entries) - int(l.seq-seq); i >= 0 && l.entries[i].seq == seq {
		return i
	}
	return sort.Search(len(l.entries), func(i int) bool { return l.entries[i].seq >= seq })
}

// findOffset returns the index of the first entry whose offset is at least o.
func (l *log[T]) findOffset(o uint64) int {
	return sort.Search(len(l.entries), func(i int) bool { return l.entries[i].Offset >= o })
}

// behindBreaks returns the index of the first entry from i on that is no Break:
// who begins there, or is told of a gap up to there, is not to be told of them.
func (l *log[T]) behindBreaks(i int) int {
	for i < len(l.entries) && l.entries[i].Kind == Break && broken != RuleBreakOnce {
		i++
	}
	return i
}

// bytesFrom is at least what the entries from index i on take. There is one.
func (l *log[T]) bytesFrom(i int) int {
	return min(l.bytes, l.sum-l.entries[i].sum)
}

// seqAt and offsetAt describe the place of index i, which may be the end.
func (l *log[T]) seqAt(i int) uint64 {
	if i < len(l.entries) {
		return l.entries[i].seq
	}
	return l.seq
}

func (l *log[T]) offsetAt(i int) uint64 {
	if i < len(l.entries) {
		return l.entries[i].Offset
	}
	return l.offset
}
