package codec

import (
	"errors"
	"io"
	"iter"
)

// maxEmptyReads is how often in a row the source may return neither bytes nor
// an error.
const maxEmptyReads = 100

var errSourceCount = errors.New("codec: the underlying io.Reader returned an impossible count")

// Reader takes the frames from one byte stream. It is meant for one goroutine
// at a time, and for the life of one connection: a new connection needs a new
// Reader, so that half a frame of the old one is never joined to the new.
//
// It reads ahead, up to 64 KiB beyond the frame that it needs. Its memory
// follows what has arrived, not what the peer claims: 512 bytes while little
// comes, at most twice the bytes of the frame that is arriving, and back to
// what the traffic needs some 32 reads after a huge frame.
type Reader struct {
	src    io.Reader
	format Format
	layout layout

	// buf[start:end] has arrived and is not delivered yet;
	// buf[lentFrom:lentTo] is in the hands of the caller.
	buf              []byte
	start, end       int
	lentFrom, lentTo int

	demand  demand
	filled  bool  // the last read took all the room that it was given
	pending error // came from src, waits until the whole frames are delivered
	err     error // final
}

// NewReader returns a Reader of the frames in src. It reads nothing until the
// first call of Next. A Format that means nothing is reported there.
func NewReader(src io.Reader, f Format) *Reader {
	r := &Reader{src: src, format: f}
	r.layout, r.err = f.layout()
	return r
}

// Next returns the payload of the next frame, and waits for it as long as the
// source does. The slice is borrowed: it is valid until the next call of Next,
// and the caller may overwrite it until then. An empty payload is an empty
// slice.
//
// The errors are of three kinds:
//
//   - The stream ended: [io.EOF] after a whole frame, [io.ErrUnexpectedEOF]
//     within one. Part of a frame is never delivered. Final.
//   - The peer broke the framing: [*SizeError] with Remote set,
//     [ErrMalformed], [ErrChecksum]. Final, because the boundaries are lost.
//     [ErrFormat], this side's fault, is final too.
//   - The source reported any other error, such as a timeout
//     ([os.ErrDeadlineExceeded]); it is returned as it is. What has arrived
//     is kept, and calling Next again carries on where it stopped.
//     [io.ErrNoProgress] is of this kind.
//
// An error never overtakes a whole frame that arrived before it. A final error
// is returned by every later call.
func (r *Reader) Next() ([]byte, error) {
	poison(r.buf[r.lentFrom:r.lentTo])
	r.lentFrom, r.lentTo = 0, 0
	if r.err != nil {
		return nil, r.err
	}
	for {
		head, payload, err := r.layout.parse(r.buf[r.start:r.end])
		if err != nil {
			r.err = err
			return nil, err
		}
		need := 0 // unknown
		if head > 0 {
			need = head + payload + r.layout.trailer
			if need <= r.end-r.start {
				return r.deliver(head, payload, need)
			}
		}
		if r.pending != nil {
			return nil, r.interrupted()
		}
		r.fill(need)
	}
}

// All returns an iterator over the frames, to be used in a range loop. It ends
// without an error where Next returns io.EOF. Any other error is yielded once,
// with a nil payload, and ends the loop; after one that is not final, ranging
// again carries on. The payloads are borrowed as with Next.
func (r *Reader) All() iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			p, err := r.Next()
			if err == io.EOF {
				return
			}
			if !yield(p, err) || err != nil {
				return
			}
		}
	}
}

// Buffered returns how many bytes have been taken from the source and are not
// delivered yet. Where it is zero, between frames, the source may be handed to
// somebody else.
func (r *Reader) Buffered() int {
	return r.end - r.start
}

// SetMax replaces the Format's Max, with the same meaning of zero and negative
// values, for all frames not delivered yet: a handshake may allow less than the
// session that follows. It does not lift an error that is final.
func (r *Reader) SetMax(limit int) {
	r.format.Max = limit
	if l, err := r.format.layout(); err == nil {
		r.layout = l
	}
}

func (r *Reader) deliver(head, payload, size int) ([]byte, error) {
	if r.layout.trailer > 0 && !r.layout.intact(r.buf[r.start:r.start+size]) {
		r.err = ErrChecksum
		return nil, r.err
	}
	from := r.start + head
	to := from + payload
	r.start += size
	r.lentFrom, r.lentTo = from, to
	return r.buf[from:to:to], nil
}

// interrupted reports the source's error once all whole frames are delivered.
func (r *Reader) interrupted() error {
	err := r.pending
	r.pending = nil
	switch {
	case err == io.EOF && r.start < r.end:
		err = io.ErrUnexpectedEOF
		r.err = err
	case err == io.EOF || err == errSourceCount:
		r.err = err
	}
	return err
}

// fill reads once from the source. need is the size of the frame that has
// begun, or 0 while its prefix is incomplete.
func (r *Reader) fill(need int) {
	r.makeRoom()
	r.filled = false
	// Beyond a burst nothing is read that belongs to later frames: they would
	// only have to be moved.
	room := r.buf[r.end:min(len(r.buf), max(need, maxBurst))]
	for range maxEmptyReads {
		n, err := r.src.Read(room)
		if n < 0 || n > len(room) {
			r.pending = errSourceCount
			return
		}
		if n > 0 || err != nil {
			r.end += n
			r.filled = n == len(room)
			r.pending = err
			r.demand.note(r.end)
			return
		}
	}
	r.pending = io.ErrNoProgress
}

// makeRoom moves what is left to the front of a buffer with room behind it.
// The loan has ended, so the bytes before start are free.
func (r *Reader) makeRoom() {
	left := r.end - r.start
	size := max(len(r.buf), minBuffer)
	switch {
	case left == size:
		// The frame is larger than the buffer. Doubling keeps the memory in
		// proportion to what has arrived.
		size = r.double(size)
	case r.filled && size < maxBurst:
		size *= 2
	case left < minBuffer:
		size = r.demand.settle(size)
	}
	if size == len(r.buf) && r.start == 0 {
		return // moving nothing, for the sake of a large frame in many pieces
	}
	next := r.buf
	if size != len(r.buf) || poisoning {
		// Under the race detector a buffer that was lent is never used again,
		// so that what was poisoned stays so.
		next = make([]byte, size)
	}
	copy(next, r.buf[r.start:r.end])
	r.buf, r.start, r.end = next, 0, left
}

// double is only asked when a frame fills the buffer and goes on, so the
// largest frame is larger than size, and is never exceeded.
func (r *Reader) double(size int) int {
	largest := r.layout.size(r.layout.max)
	if size > largest/2 {
		return largest
	}
	return 2 * size
}
