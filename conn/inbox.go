package conn

import (
	"encoding/binary"
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
}

// push adds a run of applied frames with n messages in it. Control frames may
// lie between them.
func (in *inbox) push(frames []byte, n int, ch *chunk) {
	if n == 0 {
		return
	}
	ch.refs.Add(1)
	in.unread += n
	if in.now.chunk == nil {
		in.now = region{frames, ch}
		return
	}
	if in.head == len(in.queue) {
		in.queue, in.head = in.queue[:0], 0
	}
	in.queue = append(in.queue, region{frames, ch})
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
	in.now.chunk.release()
	in.now = region{}
	switch {
	case in.head < len(in.queue):
		in.now = in.queue[in.head]
		in.queue[in.head] = region{}
		in.head++
	case cap(in.queue) > 16:
		in.queue, in.head = nil, 0
	}
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
	in.now.frames, in.unread = nil, 0
}
