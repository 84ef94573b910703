package codec

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestBorrowedSliceIsPoisonedUnderRace(t *testing.T) {
	if !poisoning {
		t.Skip("only built with -race")
	}
	stream := encode(t, Format{}, []byte("first"), []byte("second"), payload(2000), []byte("last"))
	for name, src := range map[string]io.Reader{
		"at once":          bytes.NewReader(stream),
		"one byte a read":  iotest.OneByteReader(bytes.NewReader(stream)),
		"the end included": iotest.DataErrReader(bytes.NewReader(stream)),
	} {
		r := NewReader(src, Format{})
		var kept [][]byte
		for {
			p, err := r.Next()
			for _, old := range kept {
				require.Equal(t, bytes.Repeat([]byte{0xDB}, len(old)), old, name)
			}
			if err != nil {
				require.Equal(t, io.EOF, err)
				break
			}
			kept = append(kept, p)
		}
		require.Len(t, kept, 4)
	}
}
