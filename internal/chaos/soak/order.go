package main

import (
	"hash/crc32"
	"sync/atomic"
)

// ringPlaces is for how many terms of servers the order of their rooms is in the
// books, the latest ringTerms of each; ringSize is how many of the latest values of
// each room.
const (
	ringTerms  = 4
	ringPlaces = 2 * ringTerms
	ringSize   = 1 << 13
)

// ring is what a room has said, as whoever came first to a position saw it: the
// position in the upper half of an entry, a sum of the value in the lower. All
// members compare.
type ring [ringSize]atomic.Uint64

func (b *books) ring(place, room int) *ring { return &b.rings[room*ringPlaces+place] }

// place is where the order of a server's n-th term has its place. What was there
// before is forgotten.
func (b *books) place(server, n int) int {
	place := server*ringTerms + n%ringTerms
	for room := range len(b.rings) / ringPlaces {
		r := b.ring(place, room)
		for i := range r {
			r[i].Store(0)
		}
	}
	return place
}

// A verdict is what a comparison came to.
type verdict int

const (
	agrees verdict = iota
	differs
	forgotten // it is too long ago
)

func sum(value []byte) uint64 { return uint64(crc32.ChecksumIEEE(value)) | 1 }

// compare holds a value against what others have seen at its position.
func (r *ring) compare(position uint64, value []byte) verdict {
	at, mine := &r[position%ringSize], position<<32|sum(value)
	for {
		switch seen := at.Load(); {
		case seen == mine:
			return agrees
		case seen>>32 == position&(1<<32-1):
			return differs
		case seen>>32 > position:
			return forgotten
		case at.CompareAndSwap(seen, mine):
			return agrees
		}
	}
}

// find is where the value stands in the order, if it does.
func (r *ring) find(value []byte) (position uint64, ok bool) {
	for i := range r {
		if seen := r[i].Load(); seen&(1<<32-1) == sum(value) {
			return seen >> 32, true
		}
	}
	return 0, false
}

// roomFaults is what members have found: see ledger.Faults.
type roomFaults struct{ lost, duplicated, reordered, wrong atomic.Uint64 }

// judge takes in a value that is not the one that others have at its position.
func (f *roomFaults) judge(r *ring, position uint64, value []byte) {
	switch at, ok := r.find(value); {
	case !ok:
		f.wrong.Add(1)
	case at < position:
		f.duplicated.Add(1)
	default:
		f.lost.Add(at - position)
	}
}
