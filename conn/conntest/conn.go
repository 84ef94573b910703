package conntest

import (
	"io"
	"net"
	"os"
	"syscall"
	"time"
)

// A conn is one end of a link. The link's mutex guards its state.
type conn struct {
	link          *Link
	peer          *conn
	in, out       *stream
	local, remote addr

	closed  bool      // Close was called here
	reset   bool      // a reset arrived
	readBy  time.Time // deadlines; zero: none
	writeBy time.Time
}

type addr string

func (addr) Network() string  { return "mem" }
func (a addr) String() string { return string(a) }

func (c *conn) LocalAddr() net.Addr  { return c.local }
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// Read returns what has arrived, at most one slice of it, and waits when
// nothing has. It takes bytes only when it returns them, so one that timed out
// has lost none.
func (c *conn) Read(p []byte) (int, error) {
	l := c.link
	l.mu.Lock()
	defer l.mu.Unlock()
	for {
		now := time.Now()
		l.settle(now)
		switch {
		case c.closed:
			return 0, c.fail("read", net.ErrClosed)
		case len(p) == 0:
			return 0, nil
		case passed(c.readBy, now):
			return 0, c.fail("read", os.ErrDeadlineExceeded)
		case c.reset:
			return 0, c.fail("read", os.NewSyscallError("read", syscall.ECONNRESET))
		}
		if n := c.in.take(p); n > 0 {
			l.cutIfReached(c.in, now)
			return n, nil
		}
		if c.in.eof && !c.in.stalled {
			return 0, io.EOF
		}
		l.await(c.in, earliest(c.readBy, c.in.next()), now)
	}
}

// Write returns when the buffer has taken all of p, or with the number of
// bytes that it took before the error.
func (c *conn) Write(p []byte) (n int, err error) {
	l, s := c.link, c.out
	l.mu.Lock()
	defer l.mu.Unlock()
	mine := false
	for {
		now := time.Now()
		l.settle(now)
		switch {
		case c.closed:
			err = c.fail("write", net.ErrClosed)
		case passed(c.writeBy, now):
			err = c.fail("write", os.ErrDeadlineExceeded)
		case c.reset:
			err = c.fail("write", os.NewSyscallError("write", syscall.ECONNRESET))
		case s.sealed || s.broken:
			err = c.fail("write", os.NewSyscallError("write", syscall.EPIPE))
		case mine || !s.writing:
			// Writes do not mix: the first keeps its turn until it returns.
			mine, s.writing = true, true
			n += c.push(p[n:], now)
		}
		if err != nil || mine && n == len(p) {
			if mine {
				s.writing = false
			}
			s.ring()
			return n, err
		}
		if mine {
			s.ring() // what was taken so far can be read meanwhile
		}
		l.await(s, earliest(c.writeBy, c.in.next()), now)
	}
}

// push hands bytes to the wire. A closed peer answers them with a reset.
func (c *conn) push(p []byte, now time.Time) int {
	if c.peer.closed && !c.out.stalled {
		if len(p) > 0 {
			c.peer.refuse(now.Add(c.out.latency))
		}
		return len(p)
	}
	return c.out.put(p, now)
}

// refuse sends a reset at the given time, because bytes reach this closed end.
func (c *conn) refuse(at time.Time) {
	c.in.buf, c.in.due = nil, nil
	c.in.arrived = c.in.taken
	if k := len(c.out.due); k > 0 && c.out.due[k-1].rst {
		return
	}
	c.out.sealed = true
	c.out.schedule(arrival{at: at.Add(c.out.latency), upTo: c.out.written, rst: true})
	c.link.settle(time.Now())
	c.out.ring()
}

// hearReset handles a reset by the peer. After FIN only the way out is broken:
// what the peer had sent before it closed can still be read.
func (c *conn) hearReset() {
	c.out.broken = true
	c.out.ring()
	if !c.in.eof {
		c.abort()
	}
}

// abort makes this end fail from now on and loses what it had not read or
// what the peer had not.
func (c *conn) abort() {
	c.reset = true
	c.in.drop()
	c.out.drop()
}

// Close ends both directions. Like TCP it sends FIN behind what was written,
// or a reset when bytes have come in that nobody will read.
func (c *conn) Close() error {
	l := c.link
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.settle(now)
	if c.closed {
		return c.fail("close", net.ErrClosed)
	}
	c.closed = true
	if !c.reset {
		if c.in.arrived == c.in.taken || c.in.stalled {
			c.out.seal(now.Add(c.out.latency))
		}
		c.refuseUnread(now)
	}
	c.in.ring()
	c.out.ring()
	l.settle(now)
	return nil
}

// refuseUnread answers bytes for a closed end with a reset, once they arrive.
func (c *conn) refuseUnread(now time.Time) {
	switch {
	case len(c.in.buf) == 0 || c.in.stalled:
	case c.in.arrived > c.in.taken:
		c.refuse(now)
	default:
		c.refuse(c.in.due[0].at)
	}
}

// CloseWrite sends FIN behind what was written. Reading goes on.
func (c *conn) CloseWrite() error {
	l := c.link
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.settle(now)
	switch {
	case c.closed:
		return c.fail("close", net.ErrClosed)
	case c.reset:
		return c.fail("close", os.NewSyscallError("shutdown", syscall.ENOTCONN))
	}
	c.out.seal(now.Add(c.out.latency))
	c.out.ring()
	return nil
}

func (c *conn) SetDeadline(t time.Time) error      { return c.setDeadlines(t, true, true) }
func (c *conn) SetReadDeadline(t time.Time) error  { return c.setDeadlines(t, true, false) }
func (c *conn) SetWriteDeadline(t time.Time) error { return c.setDeadlines(t, false, true) }

func (c *conn) setDeadlines(t time.Time, read, write bool) error {
	c.link.mu.Lock()
	defer c.link.mu.Unlock()
	if c.closed {
		return c.fail("set", net.ErrClosed)
	}
	if read {
		c.readBy = t
		c.in.ring()
	}
	if write {
		c.writeBy = t
		c.out.ring()
	}
	return nil
}

// ended reports whether this end can neither read nor write any more.
func (c *conn) ended() bool { return c.closed || c.reset }

func (c *conn) fail(op string, err error) error {
	return &net.OpError{Op: op, Net: "mem", Source: c.local, Addr: c.remote, Err: err}
}

// passed reports whether a deadline lies behind now.
func passed(deadline, now time.Time) bool {
	return !deadline.IsZero() && !deadline.After(now)
}

// earliest returns the earlier of two times, of which zero means never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
