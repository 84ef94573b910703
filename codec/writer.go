package codec

import (
	"errors"
	"fmt"
	"io"
	"sync"
)

// errUnfinished is in force while a Write is under way, and stays so should it
// panic.
var errUnfinished = broken(errors.New("codec: the underlying io.Writer never returned"))

// Writer puts frames on one byte stream. Any number of goroutines may use it
// at once; their frames never mix. Each call makes exactly one call of the
// underlying Write, so frames are neither delayed nor split between writes.
//
// The first write that fails, or that takes fewer bytes than it was given, ends
// the Writer, because half a frame may be on the wire: whatever followed would
// be read as the rest of it. Timeouts are no exception. Close the connection
// then.
type Writer struct {
	mu     sync.Mutex
	dst    io.Writer
	layout layout
	buf    []byte
	demand demand
	err    error // what every later call returns
}

// NewWriter returns a Writer of frames to dst. It writes nothing yet, and never
// closes dst. A Format that means nothing is reported by the first write.
func NewWriter(dst io.Writer, f Format) *Writer {
	w := &Writer{dst: dst}
	w.layout, w.err = f.layout()
	return w
}

// WriteFrame writes one frame with the payload p, which may be empty. It
// returns when the underlying Write has returned; to bound that time, set the
// connection's write deadline. p is only read, and is the caller's again
// afterwards.
//
// A [*SizeError] is the caller's fault, costs nothing but this message, and
// leaves the Writer usable. The error of the underlying Write is returned as it
// is, and is final: later calls return an error that matches both it and
// [ErrBroken]. A Write that takes fewer bytes and reports no error gives
// [io.ErrShortWrite].
func (w *Writer) WriteFrame(p []byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	if err := w.layout.admit(len(p)); err != nil {
		return err
	}
	w.buf = w.layout.append(w.buf[:0], p)
	return w.flush()
}

// WriteBatch writes one frame for each payload, in order, in a single Write. It
// needs memory for all of them at once. A payload over the limit refuses the
// whole batch before anything is written. An empty batch writes nothing. In all
// else it is as [Writer.WriteFrame].
func (w *Writer) WriteBatch(payloads ...[]byte) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	for _, p := range payloads {
		if err := w.layout.admit(len(p)); err != nil {
			return err
		}
	}
	if len(payloads) == 0 {
		return nil
	}
	w.buf = w.buf[:0]
	for _, p := range payloads {
		w.buf = w.layout.append(w.buf, p)
	}
	return w.flush()
}

// flush writes buf. The lock is held.
func (w *Writer) flush() error {
	w.err = errUnfinished
	n, err := w.dst.Write(w.buf)
	if err == nil && n != len(w.buf) {
		err = io.ErrShortWrite
	}
	if err != nil {
		w.err = broken(err)
		w.buf = nil
		return err
	}
	w.err = nil
	w.demand.note(len(w.buf))
	if size := w.demand.settle(cap(w.buf)); size < cap(w.buf) {
		w.buf = make([]byte, 0, size)
	}
	return nil
}

func broken(cause error) error {
	return fmt.Errorf("%w: %w", ErrBroken, cause)
}
