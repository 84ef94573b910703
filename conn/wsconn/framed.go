package wsconn

import (
	"net"

	"github.com/longsplice/longsplice/conn"
)

// Framed has package conn use the socket itself, where there is no TLS between
// that and the frames. It is nil for a Conn whose peer has sent something before
// the handshake was over.
func (c *Conn) Framed() conn.Framed {
	c.reading.take()
	defer c.reading.give()
	if len(c.pre) > 0 {
		return nil
	}
	return framed{c}
}

// framed is the frames of a Conn without the IO.
type framed struct{ c *Conn }

// Transport implements [conn.Framed].
func (f framed) Transport() net.Conn { return f.c }

// Socket implements [conn.Framed]. It is not the socket under TLS.
func (f framed) Socket() net.Conn { return f.c.sock }

// Unframe implements [conn.Framed].
func (f framed) Unframe(p []byte) (int, error) {
	c := f.c
	c.reading.take()
	defer c.reading.give()
	n := c.decode(p)
	if len(p) == 0 && c.dec.ended == nil {
		return 0, errCut
	}
	return n, c.dec.ended
}

// Frame implements [conn.Framed].
func (f framed) Frame(p []byte, write func([]byte) (int, error)) (int, error) {
	c := f.c
	if !c.writing.tryTake() {
		return 0, nil // a pong or a close frame is under way
	}
	defer c.wrote()
	return c.writeFrames(p, write)
}
