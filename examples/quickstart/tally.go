package main

import (
	"bytes"
	"math/bits"
	"sync"
	"time"
)

// A tally is a receiver's account of one direction. It believes nothing but the
// messages that really arrived, each compared byte by byte with what it should
// be.
type tally struct {
	content   content
	direction direction
	limit     uint64 // no index is as high as this

	mu       sync.Mutex // covers what follows: the progress line looks on
	seen     []uint64   // one bit for each index that arrived whole
	next     uint64     // above the highest index that arrived
	buf      []byte     // what the message should be
	messages uint64
	bytes    int64
	faults   faults
	last     time.Time // when the last message arrived
}

// faults is what went wrong in one direction, or in both.
type faults struct {
	lost       uint64 // sent, and never arrived
	duplicated uint64 // arrived once more
	reordered  uint64 // arrived after a message that was sent later
	corrupted  uint64 // arrived, but is none that was sent
}

func (f faults) plus(g faults) faults {
	return faults{
		lost:       f.lost + g.lost,
		duplicated: f.duplicated + g.duplicated,
		reordered:  f.reordered + g.reordered,
		corrupted:  f.corrupted + g.corrupted,
	}
}

// newTally accounts for messages 0 to limit-1 of direction d.
func newTally(c content, d direction, limit uint64) *tally {
	return &tally{content: c, direction: d, limit: limit, seen: make([]uint64, (limit+63)/64)}
}

// arrived takes a message into account.
func (t *tally) arrived(msg []byte) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.messages++
	t.bytes += int64(len(msg))
	t.last = time.Now()
	d, i, ok := indexOf(msg)
	if !ok || d != t.direction || i >= t.limit {
		t.faults.corrupted++
		return
	}
	if t.buf = t.content.message(d, i, t.buf); !bytes.Equal(msg, t.buf) {
		t.faults.corrupted++
		return
	}
	word, bit := i/64, uint64(1)<<(i%64)
	switch {
	case t.seen[word]&bit != 0:
		t.faults.duplicated++
	case i < t.next:
		t.faults.reordered++
	}
	t.seen[word] |= bit
	t.next = max(t.next, i+1)
}

// verdict says what went wrong, given that messages 0 to sent-1 were sent.
func (t *tally) verdict(sent uint64) faults {
	t.mu.Lock()
	defer t.mu.Unlock()
	f := t.faults
	var whole uint64
	for word, seen := range t.seen {
		first := uint64(word) * 64
		for ; seen != 0; seen &= seen - 1 {
			if first+uint64(bits.TrailingZeros64(seen)) < sent {
				whole++
			} else {
				f.corrupted++ // looks right, but was never sent
			}
		}
	}
	f.lost = sent - whole
	return f
}

// soFar is how much has arrived.
func (t *tally) soFar() (messages uint64, bytes int64, last time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.messages, t.bytes, t.last
}
