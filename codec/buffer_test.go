package codec

import (
	"bytes"
	"io"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestDemandShrinksOnlyWhatWasTooLargeForLong(t *testing.T) {
	for _, c := range []struct{ size, peak, want int }{
		{minBuffer, 0, minBuffer},
		{1024, 0, minBuffer},
		{1024, 512, 512},
		{1024, 513, 1024},
		{64 << 10, 32 << 10, 32 << 10},
		{64 << 10, 32<<10 + 1, 64 << 10},
		{DefaultMax + 4, DefaultMax + 4, DefaultMax + 4},
		{DefaultMax + 4, DefaultMax / 2, DefaultMax / 2},
		{DefaultMax + 4, 700, 1024},
	} {
		var d demand
		for range 2 { // the second window knows nothing of the first
			d.note(c.peak)
			d.note(c.peak / 2)
			for range settleAfter - 1 {
				require.Equal(t, c.size, d.settle(c.size))
			}
			require.Equal(t, c.want, d.settle(c.size), "%+v", c)
		}
	}
}

func TestBufferForgetsOneHugeFrame(t *testing.T) {
	r := NewReader(nil, Format{})
	feed := func(p []byte) {
		r.src = bytes.NewReader(encode(t, Format{}, p))
		got, err := r.Next()
		require.NoError(t, err)
		require.Len(t, got, len(p))
	}
	feed(payload(10))
	require.Len(t, r.buf, minBuffer, "a quiet connection costs little")
	feed(payload(DefaultMax))
	require.Greater(t, len(r.buf), DefaultMax)
	require.LessOrEqual(t, len(r.buf), DefaultMax+4, "no more than the largest frame needs")
	for range 2 * settleAfter {
		feed(payload(10))
	}
	require.Len(t, r.buf, minBuffer)
}

func TestBufferGrowsForABurstAndNoFurther(t *testing.T) {
	r := NewReader(&endless{stream: encode(t, Format{}, payload(60))}, Format{})
	for range 100_000 {
		_, err := r.Next()
		require.NoError(t, err)
	}
	require.Len(t, r.buf, maxBurst)
}

// After a huge frame a flood of small ones must not keep its buffer full.
func TestBufferShrinksInTheMiddleOfAFlood(t *testing.T) {
	small := encode(t, Format{}, payload(60))
	huge := encode(t, Format{}, payload(DefaultMax))
	r := NewReader(io.MultiReader(bytes.NewReader(huge), &endless{stream: small}), Format{})
	for range 200_000 {
		_, err := r.Next()
		require.NoError(t, err)
		require.LessOrEqual(t, r.Buffered(), maxBurst, "no more is read ahead than a burst")
	}
	require.Len(t, r.buf, maxBurst)
}

// What is read beyond a large frame would have to be moved.
func TestNothingIsReadAheadBehindALargeFrame(t *testing.T) {
	r := NewReader(&endless{stream: encode(t, Format{}, payload(300_000))}, Format{})
	for range 4 {
		_, err := r.Next()
		require.NoError(t, err)
		require.Zero(t, r.Buffered())
	}
}

// mallocs counts exactly, where testing.AllocsPerRun over many runs would round
// down. Another goroutine of the process may allocate meanwhile, so it is the
// least of some attempts.
func mallocs(f func()) float64 {
	least := testing.AllocsPerRun(1, f)
	for range 2 {
		least = min(least, testing.AllocsPerRun(1, f))
	}
	return least
}

func TestNoAllocations(t *testing.T) {
	if poisoning {
		t.Skip("built with -race, it allocates on purpose")
	}
	// Odd sizes, so that frames straddle reads.
	for _, size := range []int{0, 61, 700, 5000, 70_001} {
		for _, f := range []Format{{}, {Prefix: PrefixVarint}, {Prefix: Prefix8, LittleEndian: true, Inclusive: true, CRC: true}} {
			src := repeated(t, f, size)
			r, w := NewReader(src, f), NewWriter(io.Discard, f)
			p := payload(size)
			batch := [][]byte{p, p}
			dst := make([]byte, 0, size+20)
			times := func(n int) func() {
				return func() {
					for range n {
						_, readErr := r.Next()
						writeErr := w.WriteFrame(p)
						batchErr := w.WriteBatch(batch...)
						_, appendErr := f.Append(dst, p)
						if readErr != nil || writeErr != nil || batchErr != nil || appendErr != nil {
							t.Fatal(readErr, writeErr, batchErr, appendErr)
						}
					}
				}
			}
			// Enough bytes for several windows of settleAfter reads.
			n := 3*settleAfter + 3*settleAfter*maxBurst/(size+10)
			times(min(n, 300_000))()
			require.Zero(t, mallocs(times(min(n, 300_000))), "%d bytes, %s", size, f.name())
		}
	}
}
