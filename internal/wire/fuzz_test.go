package wire_test

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

func FuzzCut(f *testing.F) {
	f.Fuzz(func(t *testing.T, p []byte, maxMessage uint32) {
		limit := int(maxMessage % (1 << 16))
		kind, body, size, ok, err := wire.Cut(p, limit)
		switch {
		case err != nil:
			requireViolation(t, err)
			require.False(t, ok)
			require.Nil(t, body)
		case !ok:
			require.Nil(t, body)
			require.True(t, size == 0 && len(p) < 4 || size > len(p))
			require.LessOrEqual(t, size, max(limit+wire.HeaderSize, wire.MaxControl+4))
		default:
			require.GreaterOrEqual(t, len(p), size)
			require.Equal(t, len(body), cap(body))
			frame := append(wire.AppendHeader(nil, kind, len(body)), body...)
			require.Equal(t, p[:size], frame)
			if kind == wire.KindData {
				require.LessOrEqual(t, len(body), limit)
				require.Equal(t, frame, wire.AppendData(nil, body))
			} else {
				require.LessOrEqual(t, len(body)+1, wire.MaxControl)
			}
		}
		// What has arrived decides nothing differently when more has arrived.
		if len(p) > 0 {
			_, _, _, early, earlyErr := wire.Cut(p[:len(p)-1], limit)
			require.True(t, !early || ok)
			require.True(t, earlyErr == nil || err != nil)
		}
	})
}

// roundTrip decodes a body, and checks that what comes of it can be encoded
// and decoded to the same, that a decoder looks at nothing behind the body and
// changes nothing in it. It returns what the fields encode to.
func roundTrip(t *testing.T, kind wire.Kind, body []byte) (again []byte, ok bool) {
	if len(body) >= wire.MaxControl {
		t.Skip("longer than any control frame")
	}
	roomy := append(bytes.Clone(body), "\x00\x00behind"...)
	first, err := decode(kind, roomy[:len(body)])
	require.Equal(t, body, roomy[:len(body)])
	exact, exactErr := decode(kind, bytes.Clone(body)[:len(body):len(body)])
	require.Equal(t, err == nil, exactErr == nil)
	if err != nil {
		requireViolation(t, err)
		return nil, false
	}
	require.Equal(t, exact.String(), first.String())
	frame := encode(kind, first)
	cut, again, size, ok, err := wire.Cut(frame, 0)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, kind, cut)
	require.Equal(t, len(frame), size)
	second, err := decode(kind, again)
	require.NoError(t, err)
	require.Equal(t, first.String(), second.String())
	return again, true
}

func FuzzParseRefuse(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		if again, ok := roundTrip(t, wire.KindRefuse, body); ok {
			require.Equal(t, body, again)
		}
	})
}

func FuzzParseAck(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		again, ok := roundTrip(t, wire.KindAck, body)
		require.Equal(t, len(body) == 24, ok)
		if ok {
			require.Equal(t, body, again)
		}
	})
}

func FuzzParseNonce(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte, pong bool) {
		kind := wire.KindPing
		if pong {
			kind = wire.KindPong
		}
		again, ok := roundTrip(t, kind, body)
		require.Equal(t, len(body) == 8, ok)
		if ok {
			require.Equal(t, body, again)
		}
	})
}

func FuzzParseGoAway(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		if again, ok := roundTrip(t, wire.KindGoAway, body); ok {
			require.Equal(t, body[:8], again)
		}
	})
}

func FuzzParseClose(f *testing.F) {
	f.Fuzz(func(t *testing.T, body []byte) {
		if again, ok := roundTrip(t, wire.KindClose, body); ok {
			require.Equal(t, body, again)
		}
	})
}
