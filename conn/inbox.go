package conn

import (
	"encoding/binary"
	"iter"
	"math"
	"math/bits"
	"sync"
	"sync/atomic"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// A chunk is memory that a link reads into and messages are borrowed from. It
// goes back to the pool when neither a link nor a region of an inbox refers to
// it.
type chunk struct {
	buf  []byte
	refs atomic.Int32
}

var pool session.Pool

// chunks keeps the chunks that are not in use, by power of two from minRead.
var chunks [6]sync.Pool

// newChunk returns a chunk of at least n bytes that the caller refers to.
func newChunk(n int) *chunk {
	class := chunkClass(n)
	if class >= len(chunks) {
		ch := &chunk{buf: make([]byte, n)} // made to measure, and not kept
		ch.refs.Store(1)
		return ch
	}
	ch, _ := chunks[class].Get().(*chunk)
	if ch == nil {
		ch = &chunk{buf: make([]byte, minRead<<class)}
	}
	ch.refs.Store(1)
	return ch
}

func chunkClass(n int) int {
	if n <= minRead {
		return 0
	}
	return bits.Len(uint(n-1)) - bits.Len(uint(minRead-1))
}

func (ch *chunk) release() {
	if ch.refs.Add(-1) > 0 {
		return
	}
	if class := chunkClass(len(ch.buf)); class < len(chunks) {
		poison(ch.buf)
		chunks[class].Put(ch)
	}
}

// alone reports whether nobody but the caller refers to the chunk.
func (ch *chunk) alone() bool { return ch.refs.Load() == 1 }

// A region is a run of frames that have been applied, in a chunk.
type region struct {
	frames []byte
	chunk  *chunk
}

// inbox holds what was received and not yet consumed: the log's other end. The
// lock of its Conn covers it.
type inbox struct {
	queue  []region // queue[head:] follows now
	head   int
	now    region // what messages are taken from
	unread int    // messages that have not been taken
	hand   []byte // the frame that the application works on, nil for none

	// The window counts messages, but chunks are what takes up memory, and a
	// peer may send a message here and there among many control frames.
	most  int    // bytes of chunks; beyond it, messages are put together
	held  int    // bytes of the chunks of now and queue
	tail  *chunk // of the last region
	spare *chunk // where messages are put together; in use up to spent
	spent int
}

// maxHeld is how much memory the inbox of a session with the given window
// takes before it is careful: what the window allows, where messages fill half
// of what is read, and some chunks that have hardly been begun.
func maxHeld(window int) int { return 2*min(window, math.MaxInt/4) + 4*maxRead }

// push adds a run of applied frames with n messages in it. Control frames may
// lie between them.
func (in *inbox) push(frames []byte, n int, ch *chunk) {
	if n == 0 {
		return
	}
	in.unread += n
	if ch != in.tail && in.held > 0 && in.held+len(ch.buf) > in.most {
		frames, ch = in.gather(frames, ch)
	}
	if in.extend(frames, ch) {
		return
	}
	ch.refs.Add(1)
	if ch != in.tail {
		in.held += len(ch.buf)
		in.tail = ch
	}
	if in.now.chunk == nil {
		in.now = region{frames, ch}
		return
	}
	if in.head > 0 && len(in.queue) == cap(in.queue) {
		m := copy(in.queue, in.queue[in.head:])
		clear(in.queue[m:])
		in.queue, in.head = in.queue[:m], 0
	}
	in.queue = append(in.queue, region{frames, ch})
}

// extend makes the last region longer, if frames lie behind it in its chunk: a
// peer that sends each message by itself would have a region for each. Between
// them there can only be control frames, which next passes over.
func (in *inbox) extend(frames []byte, ch *chunk) bool {
	last := &in.now
	if in.head < len(in.queue) {
		last = &in.queue[len(in.queue)-1]
	}
	// Both reach to the chunk's end, so that their capacities tell how far apart
	// they begin.
	n, from := len(last.frames), cap(last.frames)-cap(frames)
	if last.chunk != ch || n == 0 || from < n {
		return false
	}
	last.frames = last.frames[:from+len(frames)]
	return true
}

// gather copies the messages among frames to a chunk that holds nothing else,
// unless they fill most of ch as it is.
func (in *inbox) gather(frames []byte, ch *chunk) ([]byte, *chunk) {
	size := 0
	for p := range eachMessage(frames) {
		size += len(p)
	}
	if size > len(ch.buf)/2 {
		return frames, ch
	}
	if in.spare == nil || len(in.spare.buf)-in.spent < size {
		in.dropSpare()
		in.spare = newChunk(max(size, 4*minRead))
	}
	start := in.spent
	for p := range eachMessage(frames) {
		in.spent += copy(in.spare.buf[in.spent:], p)
	}
	return in.spare.buf[start:in.spent], in.spare
}

// eachMessage ranges over the DATA frames among frames.
func eachMessage(frames []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		for len(frames) > 0 {
			size := int(binary.BigEndian.Uint32(frames)) + 4
			if wire.Kind(frames[4]) == wire.KindData && !yield(frames[:size]) {
				return
			}
			frames = frames[size:]
		}
	}
}

func (in *inbox) dropSpare() {
	if in.spare != nil {
		in.spare.release()
		in.spare, in.spent = nil, 0
	}
}

// next takes the next message. The caller has released the one before.
func (in *inbox) next() (msg []byte, ok bool) {
	for in.now.chunk != nil {
		for len(in.now.frames) > 0 {
			size := int(binary.BigEndian.Uint32(in.now.frames)) + 4
			frame := in.now.frames[:size:size]
			in.now.frames = in.now.frames[size:]
			if wire.Kind(frame[4]) == wire.KindData {
				in.hand = frame
				in.unread--
				return frame[wire.HeaderSize:], true
			}
		}
		in.advance()
	}
	return nil, false
}

func (in *inbox) advance() {
	old := in.now.chunk
	in.now = region{}
	if in.head < len(in.queue) {
		in.now = in.queue[in.head]
		in.queue[in.head] = region{}
		in.head++
	} else {
		in.queue, in.head, in.tail = in.queue[:0], 0, nil
		if cap(in.queue) > 16 {
			in.queue = nil
		}
		in.dropSpare()
	}
	if in.now.chunk != old {
		in.held -= len(old.buf)
	}
	old.release()
}

// release ends the loan of the message in hand and returns its frame's size, 0
// if there is none.
func (in *inbox) release() int {
	n := len(in.hand)
	if n > 0 {
		poison(in.hand[wire.HeaderSize:])
		in.hand = nil
	}
	return n
}

// drop forgets what has not been taken. The message in hand stays good.
func (in *inbox) drop() {
	for ; in.head < len(in.queue); in.head++ {
		in.queue[in.head].chunk.release()
		in.queue[in.head] = region{}
	}
	in.dropSpare()
	in.queue, in.head = nil, 0
	in.now.frames, in.unread = nil, 0
	if in.tail, in.held = in.now.chunk, 0; in.tail != nil {
		in.held = len(in.tail.buf)
	}
}
