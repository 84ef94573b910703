package codec

import "math/bits"

const (
	// A buffer begins small, because most connections are idle.
	minBuffer = 512
	// maxBurst is how far a buffer grows to take many small frames at once;
	// only a single frame makes it larger.
	maxBurst = 64 << 10
	// settleAfter is how many uses a size must have been too large before it
	// shrinks: often enough that one huge frame is soon forgotten, rarely
	// enough that mixed traffic does not allocate all the time.
	settleAfter = 32
)

// demand remembers how much of a buffer was needed lately, so that one that
// grew for a single huge frame is not kept for ever.
type demand struct {
	peak, uses int
}

func (d *demand) note(n int) {
	d.peak = max(d.peak, n)
}

// settle counts one use of a buffer of the given size and returns the size
// that it should have from now on, which is never larger.
func (d *demand) settle(size int) int {
	d.uses++
	if d.uses < settleAfter {
		return size
	}
	want := minBuffer
	if d.peak > minBuffer {
		want = 1 << bits.Len(uint(d.peak-1))
	}
	*d = demand{}
	if want > size/2 {
		return size
	}
	return want
}
