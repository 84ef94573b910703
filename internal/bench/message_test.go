package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAHeaderComesBackAsItWasPut(t *testing.T) {
	for _, h := range []header{{}, {seq: 1 << 40, source: 12, last: true}, {seq: 7, source: 1 << 31}} {
		msg := make([]byte, 40)
		h.put(msg)
		got, ok := parse(msg)
		require.True(t, ok)
		require.Equal(t, h, got)
	}
}

func TestAMessageThatWasChangedDoesNotPass(t *testing.T) {
	msg := make([]byte, 40)
	header{seq: 5, source: 3}.put(msg)
	_, ok := parse(msg[:39])
	require.False(t, ok, "cut")
	_, ok = parse(msg[:4])
	require.False(t, ok, "shorter than the header")
	msg[7] ^= 1
	_, ok = parse(msg)
	require.False(t, ok, "another number")
}

func TestTheCheckerFindsWhatIsWrong(t *testing.T) {
	for name, c := range map[string]struct {
		seqs []uint64
		sent uint64
		want Faults
	}{
		"in order":    {[]uint64{0, 1, 2}, 3, Faults{}},
		"dropped":     {[]uint64{0, 2}, 3, Faults{Lost: 1}},
		"doubled":     {[]uint64{0, 1, 1, 2}, 3, Faults{Repeated: 1}},
		"swapped":     {[]uint64{0, 2, 1}, 3, Faults{Lost: 1, Repeated: 1}},
		"cut short":   {[]uint64{0}, 3, Faults{Lost: 2}},
		"none at all": {nil, 3, Faults{Lost: 3}},
	} {
		var k checker
		for _, s := range c.seqs {
			k.take(s)
		}
		require.Equal(t, c.want, k.end(c.sent), name)
	}
}
