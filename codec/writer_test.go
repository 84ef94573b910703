package codec

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"os"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"
)

// sink records each Write, and answers as told once the script begins.
type sink struct {
	writes [][]byte
	answer func(p []byte) (int, error)
}

func (s *sink) Write(p []byte) (int, error) {
	s.writes = append(s.writes, bytes.Clone(p))
	if s.answer != nil {
		return s.answer(p)
	}
	return len(p), nil
}

func TestOneWriteForAFrameAndForABatch(t *testing.T) {
	for _, f := range formats() {
		s := &sink{}
		w := NewWriter(s, f)
		a, b := payload(3), payload(200)
		require.NoError(t, w.WriteFrame(a))
		require.NoError(t, w.WriteBatch(a, nil, b))
		require.NoError(t, w.WriteBatch())
		require.NoError(t, w.WriteFrame(nil))
		require.Equal(t, [][]byte{encode(t, f, a), encode(t, f, a, nil, b), encode(t, f, nil)}, s.writes, f.name())
	}
}

func TestTooLargeAPayloadHarmsNothingElse(t *testing.T) {
	s := &sink{}
	w := NewWriter(s, Format{Max: 3})
	for _, err := range []error{w.WriteFrame([]byte("long")), w.WriteBatch([]byte("ok"), []byte("long"))} {
		require.Equal(t, &SizeError{Size: 4, Max: 3}, err)
	}
	require.Empty(t, s.writes, "a batch is refused as a whole")
	require.NoError(t, w.WriteFrame([]byte("yes")))
	require.Len(t, s.writes, 1)
}

func TestFailedWriteIsFinal(t *testing.T) {
	reset := errors.New("reset")
	for name, c := range map[string]struct {
		answer func(p []byte) (int, error)
		want   error
	}{
		"nothing written":    {func([]byte) (int, error) { return 0, reset }, reset},
		"half, timeout":      {func([]byte) (int, error) { return 2, os.ErrDeadlineExceeded }, os.ErrDeadlineExceeded},
		"all, and an error":  {func(p []byte) (int, error) { return len(p), reset }, reset},
		"short and no error": {func(p []byte) (int, error) { return len(p) - 1, nil }, io.ErrShortWrite},
		"impossible count":   {func(p []byte) (int, error) { return len(p) + 1, nil }, io.ErrShortWrite},
	} {
		t.Run(name, func(t *testing.T) {
			s := &sink{answer: c.answer}
			w := NewWriter(s, Format{})
			require.Equal(t, c.want, w.WriteFrame([]byte("first")))
			s.answer = nil
			for _, err := range []error{w.WriteFrame([]byte("x")), w.WriteBatch([]byte("x")), w.WriteBatch()} {
				require.ErrorIs(t, err, ErrBroken)
				require.ErrorIs(t, err, c.want)
			}
			require.Len(t, s.writes, 1, "nothing follows half a frame")
		})
	}
}

func TestWriteThatPanicsIsFinalAndHoldsNoLock(t *testing.T) {
	s := &sink{answer: func([]byte) (int, error) { panic("in the transport") }}
	w := NewWriter(s, Format{})
	require.Panics(t, func() { _ = w.WriteFrame(nil) })
	require.ErrorIs(t, w.WriteFrame(nil), ErrBroken)
	require.Len(t, s.writes, 1)
}

func TestConcurrentWritersNeverMix(t *testing.T) {
	const writers, frames = 8, 300
	var stream bytes.Buffer
	w := NewWriter(&stream, Format{CRC: true})
	var wg sync.WaitGroup
	for id := range writers {
		wg.Go(func() {
			for n := range frames {
				p := binary.BigEndian.AppendUint32([]byte{byte(id)}, uint32(n))
				if n%2 == 0 {
					p = append(p, payload(n)...)
				}
				if err := w.WriteFrame(p); err != nil {
					t.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()

	var next [writers]uint32
	for p, err := range NewReader(&stream, Format{CRC: true}).All() {
		require.NoError(t, err)
		id, n := p[0], binary.BigEndian.Uint32(p[1:])
		require.Equal(t, next[id], n, "frames of one goroutine keep their order")
		next[id]++
	}
	for _, n := range next {
		require.EqualValues(t, frames, n)
	}
}

func TestWriterForgetsOneHugeFrame(t *testing.T) {
	w := NewWriter(io.Discard, Format{})
	require.NoError(t, w.WriteFrame(make([]byte, DefaultMax)))
	require.Greater(t, cap(w.buf), DefaultMax)
	for range 2 * settleAfter {
		require.NoError(t, w.WriteFrame(make([]byte, 10)))
	}
	require.LessOrEqual(t, cap(w.buf), minBuffer)
	for range 2 * settleAfter {
		require.NoError(t, w.WriteFrame(make([]byte, 5000)))
	}
	require.GreaterOrEqual(t, cap(w.buf), 5000, "what is needed all the time is kept")
}
