package conn

import (
	"bytes"
	"slices"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// FuzzParseBatch: what is a batch is what its messages encode to, byte for byte,
// and nothing else is one.
func FuzzParseBatch(f *testing.F) {
	f.Add(wire.AppendData(wire.AppendData(nil, []byte("one")), nil))
	f.Add([]byte{0, 0, 0, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 1})
	f.Add(wire.AppendAckReq(nil))
	f.Fuzz(func(t *testing.T, p []byte) {
		b, err := ParseBatch(p)
		if err != nil {
			return
		}
		msgs := slices.Collect(b.All())
		require.Len(t, msgs, b.Messages())
		again, err := Encode(msgs...)
		require.NoError(t, err)
		require.Equal(t, again, b)
		marshalled, err := b.MarshalBinary()
		require.NoError(t, err)
		require.True(t, bytes.Equal(p, marshalled))
	})
}
