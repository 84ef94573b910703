package wire_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// Offsets in the bodies of HELLO and WELCOME.
const (
	helloFlags   = 5
	helloToken   = 46
	welcomeFlags = 1
	welcomeToken = 58
)

// requireSame checks that a handshake body was kept but for its unknown flags,
// its extensions, and a token of zeros.
func requireSame(t *testing.T, body, again []byte, flags, token int) {
	want := bytes.Clone(body)
	want[flags] &= 1
	if want[token] == wire.TokenSize && bytes.Equal(want[token+1:][:wire.TokenSize], make([]byte, wire.TokenSize)) {
		want = append(append(want[:token:token], 0), want[token+1+wire.TokenSize:]...)
	}
	require.GreaterOrEqual(t, len(want), len(again))
	require.Equal(t, want[:len(again)], again)
	requireExtensions(t, want[len(again):])
}

// requireExtensions checks that p is a sequence of whole extensions.
func requireExtensions(t *testing.T, p []byte) {
	for len(p) > 0 {
		require.GreaterOrEqual(t, len(p), 4)
		n := 4 + int(p[2])<<8 + int(p[3])
		require.GreaterOrEqual(t, len(p), n)
		p = p[n:]
	}
}

func FuzzParseHello(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		again, ok := roundTrip(t, wire.KindHello, body)
		if !ok {
			return
		}
		requireSame(t, body, again, helloFlags, helloToken)
		h, err := wire.ParseHello(body)
		require.NoError(t, err)
		require.LessOrEqual(t, h.Consumed, h.Received)
		require.Equal(t, len(h.Credential), cap(h.Credential))
	})
}

func FuzzParseWelcome(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		again, ok := roundTrip(t, wire.KindWelcome, body)
		if !ok {
			return
		}
		requireSame(t, body, again, welcomeFlags, welcomeToken)
		w, err := wire.ParseWelcome(body)
		require.NoError(t, err)
		require.LessOrEqual(t, w.Consumed, w.Received)
	})
}
