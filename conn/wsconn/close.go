package wsconn

import (
	"time"

	"github.com/gobwas/ws"
)

// goodbye is how long Close and CloseWrite wait for the socket to take the close
// frame, whatever the write deadline.
const goodbye = 250 * time.Millisecond

// CloseWrite sends a close frame with code 1000: nothing comes after it. What
// the peer still sends can be read until its own close frame, which is [io.EOF].
// A peer of this package goes on sending as long as its owner likes; another
// one answers at once, as a browser does.
func (c *Conn) CloseWrite() error {
	c.writing.take()
	defer c.writing.give()
	if c.werr != nil {
		return c.werr
	}
	if c.enc.owed > 0 {
		return errWithin
	}
	c.werr = errClosed
	return c.writeControl(ws.OpClose, ws.NewCloseFrameBody(ws.StatusNormalClosure, ""), goodbye)
}

// SetLinger says what Close does, as it does for a [net.TCPConn]: with 0 it says
// nothing, and throws away what has not been delivered.
func (c *Conn) SetLinger(sec int) error {
	c.abrupt.Store(sec == 0)
	if tcp, ok := c.Socket().(interface{ SetLinger(sec int) error }); ok {
		return tcp.SetLinger(sec)
	}
	return nil
}

// Close closes the connection. It sends a close frame with code 1000 first,
// which also answers the peer's, unless a Write is under way or one has ended
// within a message; for that, and for TLS's own farewell, the socket has a
// quarter of a second. Any Read or Write that waits returns with an error that is
// [net.ErrClosed]. Close may be called more than once, and concurrently; each call
// waits for the end.
func (c *Conn) Close() error {
	c.closing.take()
	defer c.closing.give()
	if c.closed {
		return nil
	}
	c.closed = true
	socket := c.Socket()
	if c.abrupt.Load() || c.sayClose(int(ws.StatusNormalClosure), "", goodbye) != nil {
		err := socket.Close()
		_ = c.sock.Close() // TLS has nothing left to say it on
		return err
	}
	late := time.AfterFunc(goodbye, func() { _ = socket.Close() })
	defer late.Stop()
	return c.sock.Close()
}

// sayClose ends writing, with a close frame where one can be sent. It waits for
// no other writer.
func (c *Conn) sayClose(code int, reason string, within time.Duration) error {
	if !c.writing.tryTake() {
		return errWithin
	}
	defer c.writing.give()
	if c.werr != nil {
		return nil // it has been said
	}
	c.werr = errClosed
	if c.enc.owed > 0 {
		return errWithin
	}
	return c.writeControl(ws.OpClose, ws.NewCloseFrameBody(ws.StatusCode(code), reason), within)
}
