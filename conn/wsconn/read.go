package wsconn

import (
	"errors"
	"io"
	"time"
)

// Read reads what has come, and waits if nothing has. It reads straight into p
// and takes the frames off there, so that a Conn has no buffer of its own: p
// should have room for a message and its header, at least 14 bytes more, where
// system calls matter.
//
// A close frame with code 1000 or 1001 or none is read as [io.EOF], with another
// one as a *CloseError. A socket that ends without a close frame is an
// [io.ErrUnexpectedEOF]. A peer that breaks RFC 6455, sends a text message or
// one that is too long is told so with a close frame; that is a *CloseError, too.
func (c *Conn) Read(p []byte) (int, error) {
	c.reading.take()
	defer c.reading.give()
	if len(p) == 0 {
		return 0, nil
	}
	for c.dec.ended == nil {
		got, err := c.receive(p)
		switch n := c.decode(p[:got]); {
		case n > 0:
			return n, nil // an error will show again
		case got > 0 || err == nil:
		case errors.Is(err, io.EOF):
			return 0, errCut
		default:
			return 0, err
		}
	}
	return 0, c.dec.ended
}

// decode takes the frames off what was received, and sees to what they ask for.
func (c *Conn) decode(p []byte) int {
	n := c.dec.decode(p)
	if c.dec.ping != nil {
		c.pong.Store(c.dec.ping)
		c.dec.ping = nil
		c.answerSoon()
	}
	if broke, ok := c.dec.ended.(*CloseError); ok && !broke.Remote {
		c.refuse(broke)
	}
	return n
}

// receive is Read of what lies under the frames.
func (c *Conn) receive(p []byte) (int, error) {
	if len(c.pre) == 0 {
		return c.sock.Read(p)
	}
	n := copy(p, c.pre)
	if c.pre = c.pre[n:]; len(c.pre) == 0 {
		c.pre = nil
	}
	return n, nil
}

// lastWords is how long a peer that is turned away has to hear why.
const lastWords = 250 * time.Millisecond

// refuse tells the peer why it is turned away. What the peer still sends is
// read for a moment, because to close a socket with unread input sends a reset
// that could overtake the close frame.
func (c *Conn) refuse(why *CloseError) {
	if c.sayClose(why.Code, why.Reason, lastWords) != nil {
		return
	}
	half, ok := c.sock.(interface{ CloseWrite() error })
	if !ok || half.CloseWrite() != nil || c.sock.SetReadDeadline(time.Now().Add(lastWords)) != nil {
		return
	}
	var sink [512]byte
	for total := 0; total < 1<<20; {
		n, err := c.sock.Read(sink[:])
		if total += n; err != nil {
			return
		}
	}
}
