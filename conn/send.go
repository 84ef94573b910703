package conn

import (
	"context"
	"errors"
	"runtime/pprof"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// Send accepts a message for delivery, and copies it. Nil means that it is in
// the send buffer, and so will be delivered exactly once and in order unless
// the session is reported lost; see Flush to learn that it has been. While
// there is no link, messages gather for the next one.
//
// While the send buffer is full Send waits, for as long as ctx allows. It
// returns ctx's error, a *LimitError for a message that is longer than both
// ends take, or why the session is over. Whatever the error, nothing of the
// message was accepted.
func (c *Conn) Send(ctx context.Context, msg []byte) error {
	c.mu.Lock()
	err := c.acceptLocked(msg, nil)
	if err == ErrFull {
		err = c.sendLaterLocked(ctx, msg)
	}
	c.unlock()
	return err
}

// patience is how often a Send that waits is passed by others before it has
// precedence over them: a long message needs more room at once than short ones,
// which would keep taking it away.
const patience = 8

// A turn is the precedence of one Send over all others.
type turn struct{ size int }

// sendLaterLocked is Send where there was no room.
func (c *Conn) sendLaterLocked(ctx context.Context, msg []byte) error {
	var mine *turn
	for passed := 0; ; passed++ {
		if err := ctx.Err(); err != nil {
			c.yieldLocked(mine)
			return err
		}
		if passed >= patience && mine == nil && c.first == nil {
			mine = &turn{len(msg)}
			c.first = mine
		}
		c.s.Ask()
		c.waitProgressLocked(ctx)
		if err := c.acceptLocked(msg, mine); err != ErrFull {
			c.yieldLocked(mine)
			return err
		}
	}
}

// yieldLocked ends a turn.
func (c *Conn) yieldLocked(mine *turn) {
	if mine != nil {
		c.first = nil
		c.roomLocked()
	}
}

// TrySend is Send without waiting: ErrFull says that there is no room, and
// NotifyWritable tells when there is.
func (c *Conn) TrySend(msg []byte) error {
	c.mu.Lock()
	err := c.acceptLocked(msg, nil)
	if err == ErrFull {
		c.wanted = max(c.wanted, wire.HeaderSize+len(msg))
	}
	c.unlock()
	return err
}

// TrySendBatch is TrySend for a whole batch: all of its messages are accepted,
// in order and with nothing between them, or none. The bytes are shared, not
// copied. A batch of several messages that is longer than SendBuffer is never
// accepted; that is a *LimitError.
func (c *Conn) TrySendBatch(b *Batch) error {
	if b.Messages() == 0 {
		return nil
	}
	c.mu.Lock()
	defer c.unlock()
	if b.max > c.maxOut {
		return &LimitError{Limit: "MaxMessage", Got: b.max, Max: c.maxOut}
	}
	if b.n > 1 && len(b.frames) > c.buffer {
		return &LimitError{Limit: "SendBuffer", Got: len(b.frames), Max: c.buffer}
	}
	if c.ended {
		return c.err
	}
	if c.first != nil && c.s.Accepts() {
		c.wanted = max(c.wanted, len(b.frames))
		return c.sendErrLocked(session.ErrFull)
	}
	if l := c.link; l != nil && l.direct && !l.writing && len(b.frames) <= maxWrite {
		now, err := c.s.SendShared(l.gen, b.frames)
		if now {
			c.stats.sent += uint64(b.n)
			c.writeBatchLocked(l, b.frames)
			return nil
		}
		return c.batchLocked(b, err)
	}
	return c.batchLocked(b, c.s.AppendShared(b.frames))
}

// batchLocked sees a batch off that the session has accepted, or not.
func (c *Conn) batchLocked(b *Batch, err error) error {
	if err != nil {
		c.wanted = max(c.wanted, len(b.frames))
		return c.sendErrLocked(err)
	}
	c.acceptedLocked(b.n)
	return nil
}

func (c *Conn) acceptLocked(msg []byte, mine *turn) error {
	if len(msg) > c.maxOut {
		return &LimitError{Limit: "MaxMessage", Got: len(msg), Max: c.maxOut}
	}
	if c.ended { // a session that was lost has no CLOSE to stop it
		return c.err
	}
	if c.first != mine && c.s.Accepts() {
		return ErrFull
	}
	if err := c.s.Append(msg); err != nil {
		return c.sendErrLocked(err)
	}
	c.acceptedLocked(1)
	return nil
}

// acceptedLocked sees accepted messages off.
func (c *Conn) acceptedLocked(messages int) {
	c.stats.sent += uint64(messages)
	switch {
	case c.link != nil:
		if !c.link.writing {
			c.writeLocked(c.link)
		}
	case c.server != nil:
		bytes := c.weightLocked()
		c.afterLocked(func() { c.server.sessions.grow(c, bytes) })
	}
}

// sendErrLocked is why the session did not accept a message.
func (c *Conn) sendErrLocked(err error) error {
	switch {
	case err == session.ErrFull:
		return ErrFull
	case c.ended:
		return c.err
	case c.closing:
		return ErrClosed
	case errors.Is(err, session.ErrExhausted):
		c.abortLocked(CodeError, "positions exhausted")
		return c.err
	}
	return c.remoteLocked()
}

// waitProgressLocked waits, without c.mu, for room, an acknowledgement or the
// end. Whoever waits needs what the peer says to be read.
func (c *Conn) waitProgressLocked(ctx context.Context) {
	changed := c.changedLocked()
	c.flushLocked()
	c.lendLocked()
	c.unlock()
	select {
	case <-changed:
	case <-ctx.Done():
	}
	c.mu.Lock()
}

// NotifyWritable calls f once, when there is room in the send buffer again or
// the session has ended. By then a quarter of the buffer is free, and as much as
// the longest message or batch needs that was refused with ErrFull meanwhile;
// or all that was sent is acknowledged. f runs in a goroutine of the library's, without locks held, and must
// not block.
func (c *Conn) NotifyWritable(f func()) {
	c.mu.Lock()
	defer c.unlock()
	if c.ended || !c.s.Accepts() || c.roomyLocked() {
		c.wanted = 0
		go func() {
			pprof.SetGoroutineLabels(callbackLabel)
			f()
		}()
		return
	}
	c.writable = append(c.writable, f)
	c.s.Ask()
	c.flushLocked()
	c.lendLocked()
}

// roomyLocked reports whether there is enough room to call for more.
func (c *Conn) roomyLocked() bool {
	return c.first == nil && c.s.Room(max(c.buffer/4, c.wanted))
}

// roomLocked tells those who wait that the peer has moved on.
func (c *Conn) roomLocked() {
	c.signalLocked()
	if len(c.writable) > 0 && (c.ended || c.roomyLocked() || !c.s.Accepts()) {
		// In a goroutine of its own: this one may be the application's, and
		// hold a lock that f wants.
		go func(callbacks []func()) {
			pprof.SetGoroutineLabels(callbackLabel)
			for _, f := range callbacks {
				f()
			}
		}(c.writable)
		c.writable, c.wanted = nil, 0
	}
}

// afterLocked has f called as soon as c.mu is let go.
func (c *Conn) afterLocked(f func()) { c.after = append(c.after, f) }

// unlock lets c.mu go, and does what had to wait for that.
func (c *Conn) unlock() {
	after := c.after
	c.after = nil
	c.mu.Unlock()
	for _, f := range after {
		f()
	}
}
