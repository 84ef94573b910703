package session

import (
	"encoding/binary"
	"iter"
	"math"
	"slices"

	"github.com/longsplice/longsplice/internal/wire"
)

// Log holds the encoded DATA frames that a peer has not acknowledged. It is
// the send queue, the retransmission buffer and the offline buffer in one:
//
//	acked ≤ sent ≤ queued
//
// Positions count bytes since the session began, and every cursor stands
// between two frames. Frames lie in segments; a segment holds whole frames.
type Log struct {
	acked, sent, queued uint64
	high                uint64 // the furthest that sent has ever been

	segs    [][]byte // segments; segs[head:] hold [base, queued)
	sentSeg int      // the segment that sent stands in, and how far in
	sentOff int
	head    int
	base    uint64 // position of the first byte of segs[head]

	own    []ownChunk
	waste  int      // room that was given up in own
	pins   int      // writes under way that may still read the segments
	freed  [][]byte // chunks trimmed while pinned
	chunks Allocator
}

// A segment is a piece of a chunk of the log's own, or the bytes of a batch that
// others share. There may be thousands of segments on thousands of connections,
// so they are small, and what is to be known of chunks stands apart.

// An ownChunk is a chunk of the log's own. It is free when the last segment in it
// is. To the newest one frames are appended: to its last segment, or where a
// batch has come behind that, to another one.
type ownChunk struct {
	buf   []byte
	last  int // its last segment
	waste int // room that was given up in it, because the next frame is longer
}

// Batches up to smallBatch are copied: a segment would take up more.
const smallBatch = 64

// A piece of longWrite is worth a write of its own: to put it together with what
// lies in the next segment would cost a copy of both.
const longWrite = 8 << 10

// maxFreed bounds how many chunks wait for a stuck write; beyond it they are
// left to the garbage collector, which knows when that write is over.
const maxFreed = 32

func (l *Log) init(a Allocator) { l.chunks = a }

// append copies one message to the end of the log as a DATA frame.
func (l *Log) append(msg []byte) {
	n := wire.HeaderSize + len(msg)
	s := l.room(n)
	*s = wire.AppendData(*s, msg)
	l.queued += uint64(n)
}

// appendShared adds encoded frames without copying them. They must not change.
func (l *Log) appendShared(frames []byte) {
	if len(frames) <= smallBatch {
		s := l.room(len(frames))
		*s = append(*s, frames...)
	} else {
		l.push(frames[:len(frames):len(frames)])
	}
	l.queued += uint64(len(frames))
}

// room returns the last segment, with room for n bytes more in a chunk of the
// log's own.
func (l *Log) room(n int) *[]byte {
	if len(l.own) > 0 {
		c := &l.own[len(l.own)-1]
		if s := &l.segs[c.last]; cap(*s)-len(*s) >= n {
			if c.last == len(l.segs)-1 {
				return s
			}
			rest := (*s)[len(*s):]
			*s = (*s)[:len(*s):len(*s)]
			l.push(rest)
			c.last = len(l.segs) - 1
			return &l.segs[c.last]
		} else {
			c.waste = cap(*s) - len(*s)
			l.waste += c.waste
		}
	}
	// A connection that says little holds little: chunks grow with what is
	// outstanding.
	chunk := l.chunks.Get(max(n, min(int(l.queued-l.acked), maxChunk)))
	l.push(chunk)
	l.own = append(l.own, ownChunk{buf: chunk, last: len(l.segs) - 1})
	return &l.segs[len(l.segs)-1]
}

func (l *Log) push(s []byte) {
	if l.head > 0 && len(l.segs) == cap(l.segs) {
		n := copy(l.segs, l.segs[l.head:])
		clear(l.segs[n:])
		for i := range l.own {
			l.own[i].last -= l.head
		}
		l.segs, l.sentSeg, l.head = l.segs[:n], l.sentSeg-l.head, 0
	}
	l.segs = append(l.segs, s)
}

// take appends to bufs the frames that follow sent, whole and in order, and
// moves sent behind them: at most budget bytes of them, but a single frame of
// any length, and none whose end would pass limit. It also reports whether
// limit held anything back.
func (l *Log) take(bufs [][]byte, budget int, limit uint64) (_ [][]byte, limited bool) {
	for first := true; l.sent < l.queued && budget > 0; {
		rest := l.segs[l.sentSeg][l.sentOff:]
		if len(rest) == 0 {
			l.sentSeg, l.sentOff = l.sentSeg+1, 0
			continue
		}
		room := budget
		if open := limit - min(limit, l.sent); open < uint64(room) {
			room = int(open)
		}
		n := len(rest)
		if n > room {
			n = wholeFrames(rest, room)
		}
		if n == 0 {
			frame := frameSize(rest)
			if l.sent+uint64(frame) > limit {
				return bufs, true
			}
			if !first {
				return bufs, false
			}
			n = frame
		}
		first = false
		bufs = append(bufs, rest[:n:n])
		budget -= n
		l.sentOff += n
		l.sent += uint64(n)
		l.high = max(l.high, l.sent)
		if n >= longWrite {
			break
		}
	}
	return bufs, false
}

// sendAll moves sent to the end.
func (l *Log) sendAll() {
	l.sentSeg = len(l.segs) - 1
	l.sentOff = len(l.segs[l.sentSeg])
	l.sent = l.queued
	l.high = max(l.high, l.sent)
}

// relax lets go of the segments' memory while nothing is outstanding. To do so
// in trim would have it made anew for each window.
func (l *Log) relax() {
	if len(l.segs) == 0 && cap(l.segs) > 64 {
		l.segs, l.own = nil, nil
	}
}

// next is the length of the frame that follows sent, 0 without one.
func (l *Log) next() int {
	if l.sent == l.queued {
		return 0
	}
	for l.sentOff == len(l.segs[l.sentSeg]) {
		l.sentSeg, l.sentOff = l.sentSeg+1, 0
	}
	return frameSize(l.segs[l.sentSeg][l.sentOff:])
}

func frameSize(p []byte) int { return int(binary.BigEndian.Uint32(p)) + 4 }

// wholeFrames returns the length of the whole frames in the first max bytes.
func wholeFrames(p []byte, max int) (n int) {
	for n < len(p) {
		size := frameSize(p[n:])
		if size > max-n {
			break
		}
		n += size
	}
	return n
}

// rewind moves sent back to pos, which lies between acked and high.
// It reports false when no frame begins there.
func (l *Log) rewind(pos uint64) bool {
	at := l.base
	for i := l.head; i < len(l.segs); i++ {
		buf := l.segs[i]
		if pos-at <= uint64(len(buf)) {
			off := int(pos - at)
			if wholeFrames(buf, off) != off {
				return false
			}
			l.sent, l.sentSeg, l.sentOff = pos, i, off
			return true
		}
		at += uint64(len(buf))
	}
	l.sent, l.sentSeg, l.sentOff = pos, len(l.segs), 0
	return pos == at
}

// trim moves acked up to pos and frees the segments that lie behind it.
func (l *Log) trim(pos uint64) {
	l.acked = pos
	for l.head < len(l.segs) {
		s := l.segs[l.head]
		end := l.base + uint64(len(s))
		if end > pos {
			break
		}
		l.base = end
		if len(l.own) > 0 && l.own[0].last == l.head {
			l.waste -= l.own[0].waste
			l.free(l.own[0].buf)
			l.own = slices.Delete(l.own, 0, 1)
		} else if broken == RuleSharedStays {
			l.free(s)
		}
		l.segs[l.head] = nil
		l.head++
	}
	if l.head == len(l.segs) {
		l.head, l.sentSeg, l.sentOff = 0, 0, 0
		l.segs = l.segs[:0]
	} else if l.sentSeg < l.head {
		l.sentSeg, l.sentOff = l.head, 0
	}
}

func (l *Log) free(chunk []byte) {
	if l.pins == 0 || broken == RulePinWrites {
		l.chunks.Put(chunk)
	} else if len(l.freed) < maxFreed {
		l.freed = append(l.freed, chunk)
	}
}

// pin says that a write of what take returned begins, unpin that it is over.
// Until then the chunks under it are not used again.
func (l *Log) pin() { l.pins++ }

func (l *Log) unpin() {
	if l.pins--; l.pins > 0 {
		return
	}
	for i, chunk := range l.freed {
		l.chunks.Put(chunk)
		l.freed[i] = nil
	}
	l.freed = l.freed[:0]
}

// taken is how much of its cap the log takes. The cap is on memory, so room that was
// given up counts, beyond one part in 32: messages of a little over half a chunk
// would take up twice as much.
func (l *Log) taken() uint64 {
	outstanding := l.queued - l.acked
	return max(outstanding, outstanding-outstanding/32+uint64(l.waste))
}

// fits reports whether the log may take n more bytes under a cap; one message
// always fits an empty log.
func (l *Log) fits(n, limit int) bool {
	outstanding := l.queued - l.acked
	if broken == RuleCapOutbox {
		limit++
	}
	return outstanding == 0 && broken != RuleOneMessageFits || l.taken()+uint64(n) <= uint64(limit)
}

// exhausted reports whether n more bytes would wrap the position.
func (l *Log) exhausted(n int) bool {
	return l.queued > math.MaxUint64-1-uint64(n) && broken != RuleNoWrap
}

// messages returns the messages in [from, to), sharing the log's memory.
func (l *Log) messages(from, to uint64) (msgs [][]byte) {
	for frame := range l.frames(from, to) {
		msgs = append(msgs, frame[wire.HeaderSize:])
	}
	return msgs
}

// frames ranges over the frames in [from, to).
func (l *Log) frames(from, to uint64) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		at := l.base
		for _, s := range l.segs[l.head:] {
			if end := at + uint64(len(s)); end <= from {
				at = end
				continue
			}
			for p := s; len(p) > 0 && at < to; {
				size := frameSize(p)
				if at >= from && !yield(p[:size:size]) {
					return
				}
				p, at = p[size:], at+uint64(size)
			}
		}
	}
}
