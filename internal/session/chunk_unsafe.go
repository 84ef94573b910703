package session

import "unsafe"

// sliceOf rebuilds a chunk from the pointer that the pool keeps. A pool of
// slices would allocate a header each time one is put back.
func sliceOf(p *byte, n int) []byte { return unsafe.Slice(p, n) }
