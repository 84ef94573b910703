package wsconn

import (
	"crypto/rand"
	"encoding/binary"
	"sync"

	"github.com/gobwas/ws"
)

const (
	// maxFrame is the longest message that is written. A longer Write becomes
	// several: peers have limits.
	maxFrame = 1 << 20

	// maxCopy is how much of a message is put together with its header, and
	// masked, in one piece of memory: package conn writes 64 KiB at once, and some
	// control frames.
	maxCopy = 66 << 10
)

// An encoder puts frames around a stream of bytes. It does no IO. What a socket
// has taken in part can be continued: a message that has been announced is
// filled with whatever is written next, because the edges of messages carry no
// meaning.
type encoder struct {
	masks bool  // as a client does
	pos   uint8 // where in the mask the next byte of payload stands
	mask  [4]byte
	owed  int    // bytes of payload that have been announced and not written
	tail  []byte // bytes of frames that the socket has not taken yet
}

var buffers = sync.Pool{New: func() any { return new(buffer) }}

// A buffer is the memory for one write.
type buffer struct{ b []byte }

// Write writes p, as one binary message for each MiB or part of it. It returns
// how much of p the socket has taken; after a timeout, what is left of p
// can be written later, unless TLS lies under the Conn.
func (c *Conn) Write(p []byte) (n int, err error) {
	c.writing.take()
	defer c.wrote()
	return c.writeFrames(p, c.sock.Write)
}

// writeFrames puts p into frames and writes them, until write takes less than it
// is given. The caller has the turn.
func (c *Conn) writeFrames(p []byte, write func([]byte) (int, error)) (n int, err error) {
	e := &c.enc
	w := buffers.Get().(*buffer)
	defer buffers.Put(w)
	for n < len(p) {
		if c.werr != nil {
			return n, c.werr
		}
		// What has to go before the next of p and that itself, with one system call.
		lead := e.append(w, p[n:n+e.lead(w, len(p)-n)])
		sent, err := write(w.b)
		n += e.wrote(w.b[:lead], sent)
		if err != nil || sent < len(w.b) {
			return n, err
		}
	}
	return n, nil
}

// lead makes w what has to go before the next size bytes, and returns how many of
// them go with it: the rest of the message that has been announced.
func (e *encoder) lead(w *buffer, size int) int {
	w.b = append(w.b[:0], e.tail...)
	if e.owed == 0 {
		w.b = e.begin(w.b, ws.OpBinary, min(size, maxFrame))
	}
	return min(size, e.owed)
}

// append appends p to w, or the beginning of it, and returns where it begins.
func (e *encoder) append(w *buffer, p []byte) (lead int) {
	lead = len(w.b)
	w.b = append(w.b, p[:min(len(p), maxCopy)]...)
	e.cipher(w.b[lead:])
	return lead
}

// begin appends the header of a frame with so many bytes of payload.
func (e *encoder) begin(b []byte, op ws.OpCode, size int) []byte {
	b = append(b, 0x80|byte(op))
	var masked byte
	if e.masks {
		masked = 0x80
	}
	switch {
	case size < 126:
		b = append(b, masked|byte(size))
	case size <= 0xffff:
		b = binary.BigEndian.AppendUint16(append(b, masked|126), uint16(size))
	default:
		b = binary.BigEndian.AppendUint64(append(b, masked|127), uint64(size))
	}
	if e.masks {
		_, _ = rand.Read(e.mask[:]) // never fails
		b = append(b, e.mask[:]...)
	}
	e.owed, e.pos = size, 0
	return b
}

// control appends a whole control frame.
func (e *encoder) control(b []byte, op ws.OpCode, payload []byte) []byte {
	b = append(e.begin(b, op, len(payload)), payload...)
	e.cipher(b[len(b)-len(payload):])
	e.owed = 0
	return b
}

// cipher masks what comes next of a payload.
func (e *encoder) cipher(p []byte) {
	if e.masks {
		ws.Cipher(p, e.mask, int(e.pos))
	}
}

// wrote takes note of how many bytes a socket has taken of lead and of the
// payload behind it, and returns how many of the payload that is.
func (e *encoder) wrote(lead []byte, sent int) int {
	if sent < len(lead) {
		e.tail = append([]byte(nil), lead[sent:]...)
		return 0
	}
	e.tail = nil
	n := sent - len(lead)
	e.owed -= n
	e.pos = uint8(int(e.pos)+n) & 3
	return n
}
