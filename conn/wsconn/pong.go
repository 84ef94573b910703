package wsconn

import (
	"time"

	"github.com/gobwas/ws"
)

// A ping is answered at once, or after the Write that is under way. The reader
// does not do it itself, because it would wait for a peer that does not read.
// There is one answer at most, to the latest ping (RFC 6455, section 5.5.3), so
// that pings do not pile up.

// pongTimeout is how long a peer may leave the answer to its own ping waiting.
const pongTimeout = 10 * time.Second

// answerSoon has a pong that is owed written by a goroutine that ends with that.
// While somebody writes it does nothing: the end of that turn calls it again.
func (c *Conn) answerSoon() {
	if c.pong.Load() == nil || !c.writing.tryTake() {
		return
	}
	if c.werr != nil || c.enc.owed > 0 {
		c.writing.give() // it waits for the end of the message that was begun
		return
	}
	go func() {
		defer c.wrote()
		pong := c.pong.Swap(nil)
		if pong == nil {
			return
		}
		if err := c.writeControl(ws.OpPong, *pong, pongTimeout); err != nil {
			c.werr = err
			_ = c.Socket().Close() // a part of the pong may be on the wire
		}
	}()
}

// wrote ends a turn of writing.
func (c *Conn) wrote() {
	c.writing.give()
	c.answerSoon()
}

// writeControl writes a control frame between two messages, within a time of
// its own. The caller has the turn.
func (c *Conn) writeControl(op ws.OpCode, payload []byte, within time.Duration) error {
	frame := c.enc.control(c.enc.tail, op, payload)
	c.enc.tail = nil
	c.mu.Lock()
	err := c.sock.SetWriteDeadline(time.Now().Add(within))
	c.mu.Unlock()
	if err != nil {
		return err
	}
	_, err = c.sock.Write(frame)
	c.mu.Lock()
	defer c.mu.Unlock()
	if again := c.sock.SetWriteDeadline(c.writeBy); err == nil {
		err = again
	}
	return err
}
