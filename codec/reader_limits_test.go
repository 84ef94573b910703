package codec

import (
	"bytes"
	"encoding/hex"
	"io"
	"math"
	"os"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

// allocated returns the bytes that f allocates.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestHugeClaimIsRefusedBeforeAllocation(t *testing.T) {
	for _, c := range []struct {
		name   string
		format Format
		head   string
		size   uint64
		max    int
	}{
		{"4 GiB - 1", Format{}, "ffffffff", math.MaxUint32, DefaultMax},
		{"4 GiB - 1, little, inclusive", Format{LittleEndian: true, Inclusive: true}, "ffffffff", math.MaxUint32 - 4, DefaultMax},
		{"one too many", Format{Max: 10}, "0000000b", 11, 10},
		{"16 MiB - 1", Format{Prefix: Prefix3}, "ffffff", 1<<24 - 1, DefaultMax},
		// The family of CVE-2020-27813: sums on a claimed 64-bit length wrap.
		{"64 bits", Format{Prefix: Prefix8}, "ffffffffffffffff", math.MaxUint64, DefaultMax},
		{"64 bits, unlimited", Format{Prefix: Prefix8, Max: -1}, "ffffffffffffffff", math.MaxUint64, math.MaxInt - 14},
		{"64 bits, unlimited, all counted", Format{Prefix: Prefix8, Max: -1, Inclusive: true, CRC: true}, "ffffffffffffffff", math.MaxUint64 - 12, math.MaxInt - 14},
		{"the sign bit", Format{Prefix: Prefix8, Max: -1, CRC: true}, "8000000000000000", 1<<63 - 4, math.MaxInt - 14},
		{"varint of 64 bits", Format{Prefix: PrefixVarint, Max: -1}, "ffffffffffffffffff01", math.MaxUint64, math.MaxInt - 14},
		{"varint of 64 bits, sum", Format{Prefix: PrefixVarint, Max: -1, CRC: true}, "ffffffffffffffffff01", math.MaxUint64 - 4, math.MaxInt - 14},
	} {
		t.Run(c.name, func(t *testing.T) {
			head, err := hex.DecodeString(c.head)
			require.NoError(t, err)
			r := NewReader(bytes.NewReader(append(head, "some bytes of a body"...)), c.format)
			require.Less(t, allocated(func() { _, err = r.Next() }), uint64(64<<10))
			require.Equal(t, &SizeError{Size: c.size, Max: c.max, Remote: true}, err)
			_, again := r.Next()
			require.Equal(t, err, again, "final")
		})
	}
}

func TestClaimWithinTheLimitAllocatesOnlyForWhatArrives(t *testing.T) {
	for _, f := range []Format{{Max: 1 << 30}, {Max: -1}, {Prefix: PrefixVarint, Max: 1 << 30}, {Prefix: Prefix8, LittleEndian: true, Max: -1, CRC: true}} {
		l, err := f.layout()
		require.NoError(t, err)
		for _, arrived := range []int{0, 100, 10_000} {
			head := l.appendLength(nil, 1<<30)
			steps := []step{{string(head) + string(payload(arrived)), os.ErrDeadlineExceeded}}
			r := NewReader(&script{steps: steps}, f)
			require.Less(t, allocated(func() { _, err = r.Next() }), uint64(64<<10), "%d bytes arrived", arrived)
			require.Equal(t, os.ErrDeadlineExceeded, err)
			require.Equal(t, len(head)+arrived, r.Buffered())
			require.LessOrEqual(t, len(r.buf), max(minBuffer, 2*r.Buffered()))
		}
	}
}

func TestClaimedLimitExactly(t *testing.T) {
	for _, f := range formats() {
		f.Max = 200
		frame := encode(t, f, payload(200))
		got, err := take(NewReader(bytes.NewReader(frame), f))
		require.Equal(t, io.EOF, err)
		require.Equal(t, [][]byte{payload(200)}, got)

		bigger := f
		bigger.Max = 201
		_, err = NewReader(bytes.NewReader(encode(t, bigger, payload(201))), f).Next()
		require.Equal(t, &SizeError{Size: 201, Max: 200, Remote: true}, err, f.name())
	}
}

func TestMalformedPrefixes(t *testing.T) {
	for _, c := range []struct {
		name   string
		format Format
		stream string
	}{
		{"length below itself", Format{Inclusive: true}, "00000003" + "aabbcc"},
		{"zero length that counts itself", Format{Prefix: Prefix2, Inclusive: true}, "0000"},
		{"no room for the sum", Format{CRC: true}, "00000003" + "aabbcc"},
		{"no room for sum and itself", Format{Prefix: Prefix1, CRC: true, Inclusive: true}, "04" + "aabbccdd"},
		{"padded varint", Format{Prefix: PrefixVarint}, "8100"},
		{"padded zero", Format{Prefix: PrefixVarint}, "8000"},
		{"padded to ten bytes", Format{Prefix: PrefixVarint}, "80808080808080808000"},
		{"65 bits", Format{Prefix: PrefixVarint}, "ffffffffffffffffff02"},
		{"eleven bytes", Format{Prefix: PrefixVarint}, "ffffffffffffffffffff01"},
		{"endless varint", Format{Prefix: PrefixVarint}, "ffffffffffffffffffffffffffffffffffffff"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stream, err := hex.DecodeString(c.stream)
			require.NoError(t, err)
			r := NewReader(bytes.NewReader(stream), c.format)
			for range 2 {
				p, err := r.Next()
				require.Nil(t, p)
				require.ErrorIs(t, err, ErrMalformed)
			}
		})
	}
}

func TestEveryFlippedBitIsDetected(t *testing.T) {
	for _, f := range formats() {
		if !f.CRC {
			continue
		}
		f.Max = 1000
		for _, n := range []int{0, 1, 33, 130} {
			frame := encode(t, f, payload(n))
			rest := encode(t, f, payload(100), payload(200))
			for bit := range 8 * len(frame) {
				stream := append(bytes.Clone(frame), rest...)
				stream[bit/8] ^= 1 << (bit % 8)
				p, err := NewReader(bytes.NewReader(stream), f).Next()
				require.Nil(t, p, "%s, %d bytes, bit %d", f.name(), n, bit)
				require.Contains(t, []naiveErr{endChecksum, endMalformed, endTooLarge, endTruncated}, kindOf(err))
				if bit/8 >= len(frame)-n-sumSize {
					require.ErrorIs(t, err, ErrChecksum)
				}
			}
		}
	}
}

func TestChecksumErrorIsFinal(t *testing.T) {
	f := Format{CRC: true}
	stream := encode(t, f, []byte("good"), []byte("bad"), []byte("good"))
	stream[12+4] ^= 1
	r := NewReader(bytes.NewReader(stream), f)
	got, err := take(r)
	require.Equal(t, [][]byte{[]byte("good")}, got)
	require.ErrorIs(t, err, ErrChecksum)
	_, err = r.Next()
	require.ErrorIs(t, err, ErrChecksum)
}

func TestSetMaxHoldsForFramesNotYetDelivered(t *testing.T) {
	f := Format{Max: 4}
	wide := Format{}
	stream := encode(t, wide, []byte("tiny"), payload(1000), payload(DefaultMax))
	r := NewReader(bytes.NewReader(stream), f)
	_, err := r.Next()
	require.NoError(t, err)
	r.SetMax(0)
	got, err := take(r)
	require.Equal(t, io.EOF, err)
	require.Len(t, got, 2)

	r = NewReader(bytes.NewReader(stream), wide)
	_, err = r.Next()
	require.NoError(t, err)
	r.SetMax(999)
	_, err = r.Next()
	require.Equal(t, &SizeError{Size: 1000, Max: 999, Remote: true}, err)
	r.SetMax(0)
	_, again := r.Next()
	require.Equal(t, err, again, "a final error is not lifted")
}
