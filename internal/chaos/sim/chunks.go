package main

// freeList is an allocator that hands the last chunk back first, so that
// memory given back too early is at once in use again.
type freeList struct{ free [][]byte }

const chunkSize = 128

func (f *freeList) Get(n int) []byte {
	if k := len(f.free); k > 0 && n <= chunkSize {
		b := f.free[k-1]
		f.free = f.free[:k-1]
		return b[:0]
	}
	return make([]byte, 0, max(n, chunkSize))
}

func (f *freeList) Put(b []byte) {
	b = b[:cap(b)]
	for i := range b {
		b[i] = 0xdb
	}
	if len(b) == chunkSize {
		f.free = append(f.free, b)
	}
}
