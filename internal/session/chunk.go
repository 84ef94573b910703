package session

import (
	"math/bits"
	"sync"
)

// An Allocator hands out the chunks that a Log is made of.
type Allocator interface {
	// Get returns an empty slice with room for at least n bytes.
	Get(n int) []byte
	// Put takes back a slice that Get returned, whatever its length is now.
	Put([]byte)
}

const (
	minChunk = 512
	maxChunk = 64 << 10
)

// Pool is the Allocator of production: chunks of powers of two from 512 bytes
// to 64 KiB, shared by the whole process and let go when it is idle. Larger
// ones are made to measure and left to the garbage collector.
type Pool struct{}

// One pool for each power of two; what lies in them is a pointer to an array
// of that size, so that putting one back allocates nothing.
var pools [8]sync.Pool

// Get implements [Allocator].
func (Pool) Get(n int) []byte {
	if n > maxChunk {
		return make([]byte, 0, n)
	}
	class := class(n)
	if p, _ := pools[class].Get().(*byte); p != nil {
		return sliceOf(p, minChunk<<class)[:0]
	}
	return make([]byte, 0, minChunk<<class)
}

// Put implements [Allocator].
func (Pool) Put(b []byte) {
	if cap(b) > maxChunk {
		return
	}
	b = b[:cap(b)]
	poison(b)
	pools[class(cap(b))].Put(&b[0])
}

// class is the index of the smallest chunk that holds n bytes.
func class(n int) int {
	if n <= minChunk {
		return 0
	}
	return bits.Len(uint(n-1)) - bits.Len(uint(minChunk-1))
}
