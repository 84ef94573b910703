package conn

import (
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// Sizes of the chunks that links read into. A link begins small and follows
// what its reads bring.
const (
	minRead = 2 << 10
	maxRead = 64 << 10
)

// errInterrupted says that a read was made to return. The link is as good as
// before.
var errInterrupted = errors.New("read was interrupted")

// readLocked reads once, without c.mu, and applies what came. The caller holds
// the lease.
func (l *link) readLocked() error {
	l.c.unlock()
	n, err := l.fill(true)
	l.c.mu.Lock()
	return l.filledLocked(n, err)
}

// filledLocked sees to what a read has brought.
func (l *link) filledLocked(n int, err error) error {
	if n > 0 {
		// Bytes that came with an error are applied before it counts.
		return l.applyLocked()
	}
	switch {
	case err == nil:
		return nil
	case errors.Is(err, os.ErrDeadlineExceeded):
		return errInterrupted
	case errors.Is(err, io.EOF):
		// io.EOF is the end of a stream of messages, which this is not.
		where := "without a CLOSE"
		if l.w > l.r {
			where = "within a frame"
		}
		return fmt.Errorf("link ended %s: %w", where, io.ErrUnexpectedEOF)
	}
	return err
}

// fill reads into the link's chunk, behind what is there. Where the socket is used
// directly, no memory is held while it is quiet. If fill is not to wait, which only
// links with a socket can be asked for, it returns errQuiet when there is nothing.
func (l *link) fill(wait bool) (n int, err error) {
	switch {
	case l.direct:
		n, err = l.readRaw(wait)
	case wait:
		l.makeRoom()
		n, err = l.nc.Read(l.in.buf[l.w:])
	default:
		n, err = l.readBriefly()
	}
	if n <= 0 {
		return 0, err
	}
	l.w += n
	switch {
	case len(l.in.buf)-l.w <= len(l.in.buf)/8 && l.size < maxRead: // full, but for frames that were taken off
		l.size *= 4
		l.size = min(l.size, maxRead)
	case n < l.size/16:
		l.size = max(l.size/4, minRead)
	}
	return n, err
}

// moment is how long a link over TLS has to turn what the socket holds into
// something to read.
const moment = 5 * time.Millisecond

// readBriefly reads from a link over TLS that is about to be parked on the socket
// below. What TLS still holds when the read has timed out is a part of a record,
// for the rest of which the socket has to become readable. A deadline that has
// passed would not do: with it nothing is taken from the socket, which then stays
// readable.
func (l *link) readBriefly() (int, error) {
	if err := l.nc.SetReadDeadline(time.Now().Add(moment)); err != nil {
		return 0, err
	}
	l.makeRoom()
	n, err := l.nc.Read(l.in.buf[l.w:])
	l.uninterrupt()
	if n == 0 && errors.Is(err, os.ErrDeadlineExceeded) {
		l.letGo()
		err = errQuiet
	}
	return n, err
}

// letGo gives the chunk back if nothing in it is waited for.
func (l *link) letGo() {
	if l.in != nil && l.r == l.w {
		l.in.release()
		l.in, l.r, l.w = nil, 0, 0
	}
}

// makeRoom sees to it that there is room behind what has been read, and that
// the frame that has begun can be completed in one piece. Memory grows with
// what has arrived of a frame, not with what it claims.
func (l *link) makeRoom() {
	have := l.w - l.r
	if l.in != nil && have == 0 && l.in.alone() {
		l.r, l.w = 0, 0
		if len(l.in.buf) > 4*l.size {
			l.letGo()
		}
	}
	if l.in == nil {
		l.in = newChunk(l.size)
		return
	}
	room := len(l.in.buf) - l.w
	if room > 0 && (have > 0 || room >= len(l.in.buf)/4) {
		return
	}
	if l.in.alone() && l.r > 0 && l.expect <= len(l.in.buf) {
		l.w = copy(l.in.buf, l.in.buf[l.r:l.w])
		l.r = 0
		return
	}
	next := newChunk(max(l.size, min(4*min(have, math.MaxInt/4), l.expect)))
	n := copy(next.buf, l.in.buf[l.r:l.w])
	l.in.release()
	l.in, l.r, l.w = next, 0, n
}

// applyLocked applies the whole frames that have been read: each is counted, or
// takes effect, while the link is still the session's. It lets c.mu go while it
// writes.
func (l *link) applyLocked() error {
	c := l.c
	if c.link != l || c.ended {
		return session.ErrFenced
	}
	err := l.framesLocked()
	if err == nil {
		if d := c.s.Deadline(); d != 0 && d < c.timerAt {
			c.armLocked(d)
		}
		c.settleLocked()
		c.flushLocked()
	} else if _, broke := err.(*wire.Error); broke {
		c.violatedLocked(err)
	}
	return err
}

func (l *link) framesLocked() error {
	c := l.c
	c.now = clock()
	c.hb.Heard(c.now)
	l.heard = true
	c.confirmLocked(l)
	start, n, err := l.r, 0, error(nil)
	for err == nil {
		var kind wire.Kind
		var body []byte
		var ok bool
		if kind, body, l.expect, ok, err = wire.Cut(l.in.buf[l.r:l.w], c.maxIn); !ok {
			break
		}
		if kind != wire.KindData {
			err = c.controlLocked(kind, body)
		} else if _, err = c.s.Data(l.gen, l.expect, c.now); err == nil {
			n++
		}
		if err == nil {
			l.r += l.expect
		}
	}
	if n > 0 && !c.closing {
		c.inbox.push(l.in.buf[start:l.r], n, l.in)
		c.wakeReceiverLocked()
	}
	c.stats.received += uint64(n)
	return err
}

// controlLocked applies a control frame.
func (c *Conn) controlLocked(kind wire.Kind, body []byte) error {
	ev, nonce, err := c.s.Control(c.link.gen, kind, body, c.now)
	if err != nil {
		return err
	}
	switch ev {
	case session.EventPong:
		c.hb.Pong(nonce, c.now)
	case session.EventAcked:
		c.hb.Reported(c.now, c.s.Unreported())
		c.roomLocked()
	case session.EventGoAway:
		if c.server != nil {
			return wire.Errorf("GOAWAY from a client")
		}
		// The server wants to end in good order: it hears where this end's
		// messages end, and is still listened to.
		c.leaving = true
		c.s.CloseSend(uint16(CodeNormal), "")
		c.roomLocked()
	case session.EventClosed:
		c.roomLocked()
		c.wakeReceiverLocked()
	}
	return nil
}

// confirmLocked takes note that the link's WELCOME has arrived.
func (c *Conn) confirmLocked(l *link) {
	if c.entry == nil {
		return
	}
	if key, ok := c.entry.Confirm(l.gen); ok {
		c.afterLocked(func() { c.server.sessions.retire(key) })
	}
}
