package codec

import (
	"bytes"
	"errors"
	"io"
	"os"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

// script is a source that returns one step for each Read.
type script struct {
	steps []step
}

type step struct {
	data string
	err  error
}

func (s *script) Read(p []byte) (int, error) {
	if len(s.steps) == 0 {
		return 0, io.EOF
	}
	head := &s.steps[0]
	n := copy(p, head.data)
	if head.data = head.data[n:]; head.data != "" {
		return n, nil
	}
	err := head.err
	s.steps = s.steps[1:]
	return n, err
}

func encode(t testing.TB, f Format, payloads ...[]byte) []byte {
	var b []byte
	for _, p := range payloads {
		var err error
		b, err = f.Append(b, p)
		require.NoError(t, err)
	}
	return b
}

// take reads frames until an error, and copies them.
func take(r *Reader) (frames [][]byte, err error) {
	for {
		p, err := r.Next()
		if err != nil {
			return frames, err
		}
		frames = append(frames, bytes.Clone(p))
	}
}

func TestEveryFormatAndSizeComesBack(t *testing.T) {
	const limit = 65600
	for _, f := range formats() {
		t.Run(f.name(), func(t *testing.T) {
			f.Max = limit
			var sent [][]byte
			for _, n := range []int{0, 1, 127, 128, 255, 256, 65535, 65536, limit, limit + 1, 0, 3} {
				p := payload(n)
				if _, err := f.Size(n); err != nil {
					var tooLarge *SizeError
					require.ErrorAs(t, err, &tooLarge)
					continue
				}
				sent = append(sent, p)
			}
			stream := encode(t, f, sent...)
			small := sent[:min(6, len(sent))] // up to 256 bytes
			for name, src := range map[string]io.Reader{
				"whole":         bytes.NewReader(stream),
				"data with EOF": iotest.DataErrReader(bytes.NewReader(stream)),
				"halves":        iotest.HalfReader(bytes.NewReader(stream)),
			} {
				got, err := take(NewReader(src, f))
				require.Equal(t, io.EOF, err, name)
				require.Len(t, got, len(sent), name)
				for i := range sent {
					require.True(t, bytes.Equal(sent[i], got[i]), "%s: frame %d of %d bytes", name, i, len(sent[i]))
				}
			}
			got, err := take(NewReader(iotest.OneByteReader(bytes.NewReader(encode(t, f, small...))), f))
			require.Equal(t, io.EOF, err)
			require.Equal(t, small, got, "one byte at a time")
		})
	}
}

func TestFramesOfTheDefaultLimit(t *testing.T) {
	stream := encode(t, Format{}, payload(DefaultMax), nil, payload(DefaultMax))
	got, err := take(NewReader(bytes.NewReader(stream), Format{}))
	require.Equal(t, io.EOF, err)
	require.Len(t, got, 3)
	require.True(t, bytes.Equal(payload(DefaultMax), got[0]))
	require.True(t, bytes.Equal(payload(DefaultMax), got[2]))

	stream, err = Format{Max: -1}.Append(nil, payload(DefaultMax+1))
	require.NoError(t, err)
	_, err = NewReader(bytes.NewReader(stream), Format{}).Next()
	require.Equal(t, &SizeError{Size: DefaultMax + 1, Max: DefaultMax, Remote: true}, err)
}

func TestTruncationAtEveryByte(t *testing.T) {
	for _, f := range formats() {
		first, second := payload(130), payload(9)
		boundary := len(encode(t, f, first))
		stream := encode(t, f, first, second)
		for cut := range len(stream) + 1 {
			for _, src := range []io.Reader{
				bytes.NewReader(stream[:cut]),
				iotest.DataErrReader(bytes.NewReader(stream[:cut])),
				iotest.OneByteReader(bytes.NewReader(stream[:cut])),
			} {
				r := NewReader(src, f)
				got, err := take(r)
				want, end := [][]byte{first, second}, io.EOF
				if cut < boundary {
					want = nil
				} else if cut < len(stream) {
					want = want[:1]
				}
				if cut != 0 && cut != boundary && cut != len(stream) {
					end = io.ErrUnexpectedEOF
				}
				require.Equal(t, want, got, "%s cut at %d", f.name(), cut)
				require.Equal(t, end, err, "%s cut at %d", f.name(), cut)
				_, again := r.Next()
				require.Equal(t, end, again, "the end is final")
			}
		}
	}
}

// The spirit of nats.go #86: a frame that was cut in half by the death of one
// connection must not surface on the next.
func TestPartialFrameIsNotDeliveredAfterCut(t *testing.T) {
	cut := errors.New("connection reset")
	frame := encode(t, Format{}, []byte("half of this is lost"))
	reborn := encode(t, Format{}, []byte("new"))
	for at := 1; at < len(frame); at++ {
		old := NewReader(&script{steps: []step{{string(frame[:at]), cut}}}, Format{})
		_, err := old.Next()
		require.Equal(t, cut, err)
		_, err = old.Next()
		require.Equal(t, io.ErrUnexpectedEOF, err)

		got, err := take(NewReader(bytes.NewReader(reborn), Format{}))
		require.Equal(t, io.EOF, err)
		require.Equal(t, [][]byte{[]byte("new")}, got)
		_, err = old.Next()
		require.Equal(t, io.ErrUnexpectedEOF, err, "the old reader says so for ever")
	}
}

// Some sources, such as a growing file, have more after their end. A Reader
// must not join it to what came before.
func TestEndIsFinalEvenIfTheSourceGoesOn(t *testing.T) {
	frame := string(encode(t, Format{}, []byte("frame")))
	for at, want := range map[int]error{len(frame): io.EOF, 6: io.ErrUnexpectedEOF} {
		r := NewReader(&script{steps: []step{{frame[:at], nil}, {"", io.EOF}, {frame[at:] + frame, nil}}}, Format{})
		_, err := take(r)
		require.Equal(t, want, err)
		_, err = r.Next()
		require.Equal(t, want, err)
	}
}

func TestTimeoutAtEveryByteLosesNothing(t *testing.T) {
	for _, f := range formats() {
		sent := [][]byte{payload(7), {}, payload(140)}
		stream := encode(t, f, sent...)
		var steps []step
		for i := range stream {
			// With the byte, and without one.
			steps = append(steps, step{string(stream[i : i+1]), os.ErrDeadlineExceeded}, step{"", os.ErrDeadlineExceeded})
		}
		r := NewReader(&script{steps: steps}, f)
		var got [][]byte
		timeouts := 0
		for {
			p, err := r.Next()
			if err == os.ErrDeadlineExceeded {
				timeouts++
				continue
			}
			if err != nil {
				require.Equal(t, io.EOF, err)
				break
			}
			got = append(got, bytes.Clone(p))
		}
		require.Equal(t, sent, got, f.name())
		require.Equal(t, 2*len(stream), timeouts, "each timeout is reported once")
	}
}

func TestWholeFramesComeBeforeTheErrorThatCameWithThem(t *testing.T) {
	broken := errors.New("reset")
	stream := encode(t, Format{}, []byte("a"), []byte("b"))
	r := NewReader(&script{steps: []step{{string(stream) + "\x00\x00", broken}}}, Format{})
	got, err := take(r)
	require.Equal(t, [][]byte{[]byte("a"), []byte("b")}, got)
	require.Equal(t, broken, err)
	require.Equal(t, 2, r.Buffered())
}

func TestAllStopsAtTheCleanEndAndCarriesOnAfterATimeout(t *testing.T) {
	frame := string(encode(t, Format{}, []byte("x")))
	r := NewReader(&script{steps: []step{{frame + frame[:3], os.ErrDeadlineExceeded}, {frame[3:], nil}}}, Format{})
	var got []string
	var errs []error
	for range 3 {
		for p, err := range r.All() {
			got = append(got, string(p))
			if err != nil {
				require.Nil(t, p)
				errs = append(errs, err)
			}
		}
	}
	require.Equal(t, []string{"x", "", "x"}, got)
	require.Equal(t, []error{os.ErrDeadlineExceeded}, errs)
}

func TestAllMayBeLeftEarly(t *testing.T) {
	r := NewReader(bytes.NewReader(encode(t, Format{}, []byte("a"), []byte("b"))), Format{})
	for p, err := range r.All() {
		require.NoError(t, err)
		require.Equal(t, "a", string(p))
		break
	}
	p, err := r.Next()
	require.NoError(t, err)
	require.Equal(t, "b", string(p))
}

type silent struct{ reads int }

func (s *silent) Read([]byte) (int, error) { s.reads++; return 0, nil }

func TestSourceThatNeverProgresses(t *testing.T) {
	s := &silent{}
	_, err := NewReader(s, Format{}).Next()
	require.Equal(t, io.ErrNoProgress, err)
	require.Equal(t, maxEmptyReads, s.reads)

	// Trying again costs no memory, even after a read that filled the buffer.
	r := NewReader(io.MultiReader(bytes.NewReader(encode(t, Format{}, payload(minBuffer-4))), s), Format{})
	_, err = r.Next()
	require.NoError(t, err)
	for range 10 {
		_, err = r.Next()
		require.Equal(t, io.ErrNoProgress, err)
	}
	require.LessOrEqual(t, len(r.buf), 2*minBuffer)
}

type liar struct{ n int }

func (l liar) Read(p []byte) (int, error) { return l.n + min(l.n, 1)*len(p), nil }

func TestSourceWithAnImpossibleCount(t *testing.T) {
	for _, n := range []int{-1, 1} {
		r := NewReader(liar{n}, Format{})
		for range 2 {
			_, err := r.Next()
			require.Equal(t, errSourceCount, err)
		}
	}
}

func TestAppendingToABorrowedSliceHarmsNoOtherFrame(t *testing.T) {
	r := NewReader(bytes.NewReader(encode(t, Format{}, []byte("a"), []byte("b"))), Format{})
	p, err := r.Next()
	require.NoError(t, err)
	_ = append(p, "overwritten"...)
	p, err = r.Next()
	require.NoError(t, err)
	require.Equal(t, "b", string(p))
}
