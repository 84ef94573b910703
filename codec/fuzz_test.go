package codec

import (
	"bytes"
	"io"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
)

// fuzzFormat makes a Format of a number, so that all of them are reached.
func fuzzFormat(n byte) Format {
	all := formats()
	f := all[int(n)%len(all)]
	f.Max = 300
	return f
}

// chopped gives the stream in pieces whose sizes repeat those in chops; a piece
// of zero bytes is a timeout.
type chopped struct {
	stream, chops []byte
	turn          int
}

func (c *chopped) Read(p []byte) (int, error) {
	if len(c.stream) == 0 {
		return 0, io.EOF
	}
	size := len(p)
	if len(c.chops) > 0 {
		size = int(c.chops[c.turn%len(c.chops)])
		c.turn++
		// A source of nothing but timeouts would never end.
		if size == 0 && c.turn%2 == 1 {
			return 0, os.ErrDeadlineExceeded
		}
		size = max(size, 1)
	}
	n := copy(p[:min(size, len(p))], c.stream)
	c.stream = c.stream[n:]
	return n, nil
}

// FuzzReader feeds arbitrary bytes in arbitrary pieces. Whatever was accepted
// must, encoded again, be the very bytes that it came from.
func FuzzReader(f *testing.F) {
	f.Add(byte(24), []byte("\x00\x00\x00\x02hi\x00\x00\x00\x00"), []byte{1, 0, 3})
	f.Fuzz(func(t *testing.T, which byte, stream, chops []byte) {
		format := fuzzFormat(which)
		r := NewReader(&chopped{stream: stream, chops: chops}, format)
		var again []byte
		for {
			p, err := r.Next()
			if err == os.ErrDeadlineExceeded {
				continue
			}
			if err != nil {
				require.Nil(t, p)
				require.NotContains(t, kindOf(err), "unexpected")
				require.LessOrEqual(t, len(r.buf), maxBurst)
				if err == io.EOF {
					require.Len(t, again, len(stream), "all bytes belong to frames")
				}
				break
			}
			require.LessOrEqual(t, len(p), format.Max)
			again, err = format.Append(again, p)
			require.NoError(t, err)
		}
		require.True(t, bytes.HasPrefix(stream, again), "%x is not how %x begins", again, stream)
	})
}

// FuzzAgainstModel compares with naiveDecode: the same frames, and the same end.
func FuzzAgainstModel(f *testing.F) {
	f.Add(byte(40), []byte("\x02hi\x80\x00"), []byte{2})
	f.Fuzz(func(t *testing.T, which byte, stream, chops []byte) {
		format := fuzzFormat(which)
		want, end := naiveDecode(format, stream)
		r := NewReader(&chopped{stream: stream, chops: chops}, format)
		for i := 0; ; {
			p, err := r.Next()
			if err == os.ErrDeadlineExceeded {
				continue
			}
			if err != nil {
				require.Equal(t, end, kindOf(err))
				require.Len(t, want, i)
				return
			}
			require.Less(t, i, len(want), "one frame too many: %x", p)
			require.True(t, bytes.Equal(want[i], p), "frame %d: %x, want %x", i, p, want[i])
			i++
		}
	})
}

// FuzzRoundTrip writes arbitrary payloads, alone and as a batch, and reads them
// in arbitrary pieces.
func FuzzRoundTrip(f *testing.F) {
	f.Add(byte(3), []byte("a"), []byte(""), []byte{0, 5})
	f.Fuzz(func(t *testing.T, which byte, a, b, chops []byte) {
		format := fuzzFormat(which)
		var stream bytes.Buffer
		w := NewWriter(&stream, format)
		var sent [][]byte
		for _, batch := range [][][]byte{{a}, {b, a}, {a, b, b}} {
			fits := true
			for _, p := range batch {
				_, err := format.Size(len(p))
				fits = fits && err == nil
			}
			before := stream.Len()
			if err := w.WriteBatch(batch...); !fits {
				require.ErrorContains(t, err, "over the limit")
				require.Equal(t, before, stream.Len())
				continue
			} else {
				require.NoError(t, err)
			}
			sent = append(sent, batch...)
		}
		want, end := naiveDecode(format, stream.Bytes())
		require.Equal(t, endClean, end)
		require.Len(t, want, len(sent))
		r := NewReader(&chopped{stream: stream.Bytes(), chops: chops}, format)
		for i := 0; i < len(sent); {
			p, err := r.Next()
			if err == os.ErrDeadlineExceeded {
				continue
			}
			require.NoError(t, err)
			require.True(t, bytes.Equal(sent[i], p))
			require.True(t, bytes.Equal(sent[i], want[i]))
			i++
		}
	})
}
