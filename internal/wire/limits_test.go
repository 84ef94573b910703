package wire_test

import (
	"encoding/binary"
	"math"
	"runtime"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// largest is the longest message, also where int has 32 bits.
var largest = uint64(wire.MaxMessage)

func header(n uint32, kind wire.Kind) []byte {
	return append(binary.BigEndian.AppendUint32(nil, n), byte(kind))
}

func TestCutRefusesOnTheHeader(t *testing.T) {
	const most = 10_000
	tests := []struct {
		name   string
		p      []byte
		max    int
		reason string // empty: more bytes are needed
	}{
		{"zero", header(0, wire.KindData)[:4], most, "length zero"},
		{"4 GiB - 1", header(math.MaxUint32, 0)[:4], most, "4294967295"},
		{"4 GiB - 1 of DATA", header(math.MaxUint32, wire.KindData), most, "4294967295"},
		{"longest message", header(most+1, wire.KindData), most, ""},
		{"message too long", header(most+2, wire.KindData)[:4], most, "limit"},
		{"longest control frame", header(wire.MaxControl, wire.KindClose), most, ""},
		{"control frame too long", header(wire.MaxControl+1, wire.KindClose), most, "control frame"},
		{"optional frame too long", header(wire.MaxControl+1, wire.KindOptional), most, "control frame"},
		{"kind not yet known", header(wire.MaxControl+1, 0)[:4], most, ""},
		{"small messages, longest control frame", header(wire.MaxControl, wire.KindHello), 0, ""},
		{"small messages, control frame too long", header(wire.MaxControl+1, wire.KindHello)[:4], 0, "limit"},
		{"small messages, one of them too long", header(102, wire.KindData), 100, "message of 101 bytes"},
		{"empty message only", header(1, wire.KindData)[:4], 0, ""},
		{"largest limit", header(math.MaxUint32, wire.KindData), int(min(largest, math.MaxInt)), ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			_, body, size, ok, err := wire.Cut(test.p, test.max)
			require.False(t, ok)
			require.Nil(t, body)
			if test.reason == "" {
				require.NoError(t, err)
				require.Equal(t, uint64(binary.BigEndian.Uint32(test.p))+4, uint64(size))
				return
			}
			require.ErrorContains(t, err, test.reason)
			require.Zero(t, size)
		})
	}
}

func TestCutAllocatesNothingByAClaim(t *testing.T) {
	claims := [][]byte{header(math.MaxUint32, wire.KindData), header(1<<30, wire.KindData), header(1<<20, wire.KindData)}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	for range 100 {
		for _, p := range claims {
			_, _, _, _, _ = wire.Cut(p, 1<<20)
			_, _, _, _, _ = wire.Cut(p, int(min(largest, math.MaxInt)))
		}
	}
	runtime.ReadMemStats(&after)
	require.Less(t, after.TotalAlloc-before.TotalAlloc, uint64(1<<20))
}

func TestCutStaysWithinTheFrame(t *testing.T) {
	stream := wire.AppendData(nil, []byte("one"))
	stream = wire.AppendAckReq(stream)
	stream = wire.AppendData(stream, nil)
	kind, body, size, ok, err := wire.Cut(stream, 3)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, wire.KindData, kind)
	require.Equal(t, "one", string(body))
	require.Equal(t, len(body), cap(body), "an append must not reach into the next frame")
	require.Equal(t, 8, size)
	kind, body, size, ok, err = wire.Cut(stream[8:], 3)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, wire.KindAckReq, kind)
	require.Empty(t, body)
	require.Equal(t, 5, size)
}

func TestReasonIsCutAtARune(t *testing.T) {
	tests := []struct{ in, want string }{
		{"", ""},
		{strings.Repeat("x", wire.MaxReason), strings.Repeat("x", wire.MaxReason)},
		{strings.Repeat("x", wire.MaxReason+1), strings.Repeat("x", wire.MaxReason)},
		{"x" + strings.Repeat("é", 64), "x" + strings.Repeat("é", 63)},
		{strings.Repeat("x", 126) + "☺", strings.Repeat("x", 126)},
		{strings.Repeat("x", 125) + "☺", strings.Repeat("x", 125) + "☺"},
		{"bad \xff byte", "bad \ufffd byte"},
		{strings.Repeat("\xff", 100), strings.Repeat("\ufffd", 42)},
	}
	for _, test := range tests {
		got := wire.ClampReason(test.in)
		require.Equal(t, test.want, got)
		require.True(t, utf8.ValidString(got))
		frame := wire.Close{Reason: test.in}.Append(nil)
		c, err := wire.ParseClose(frame[wire.HeaderSize:])
		require.NoError(t, err)
		require.Equal(t, test.want, c.Reason)
	}
}

func TestTimesAreRoundedUpAndCapped(t *testing.T) {
	tests := []struct{ in, want time.Duration }{
		{-time.Second, 0},
		{0, 0},
		{1, time.Millisecond},
		{time.Millisecond, time.Millisecond},
		{time.Millisecond + 1, 2 * time.Millisecond},
		{math.MaxInt64, math.MaxUint32 * time.Millisecond},
	}
	for _, test := range tests {
		frame := wire.GoAway{Min: 0, Max: test.in}.Append(nil)
		g, err := wire.ParseGoAway(frame[wire.HeaderSize:])
		require.NoError(t, err)
		require.Equal(t, test.want, g.Max)
	}
}

func TestLongestHelloFitsAControlFrame(t *testing.T) {
	h := wire.Hello{Token: wire.Token{1}, Credential: make([]byte, 3<<10)}
	_, _, _, ok, err := wire.Cut(h.Append(nil), 0)
	require.NoError(t, err)
	require.True(t, ok)
}
