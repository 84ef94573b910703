package conn

import (
	"context"
	"errors"
	"io"
	"iter"
	"time"
)

// Receive returns the next message. The slice is borrowed: it stays good until
// the next call of Receive. That call also tells the peer that this message
// has been consumed, which is what acknowledges it.
//
// When the peer has closed and everything before has been received, Receive
// returns io.EOF if the peer closed with [CodeNormal], else a *CloseError. It
// returns a *LostError if the session is lost, ErrClosed after this end closed,
// ErrBusy while another Receive waits. There shall be one receiver at a time: a
// second one that finds messages waiting takes the next, and so ends the loan of
// the one before.
//
// When ctx ends, Receive returns its error, and nothing is lost: the next call
// goes on. A message that is there already is returned all the same.
func (c *Conn) Receive(ctx context.Context) ([]byte, error) { return c.receive(ctx, false) }

// receive is Receive; if it may park, it returns errParked in place of waiting
// on a link that is idle.
func (c *Conn) receive(ctx context.Context, park bool) ([]byte, error) {
	c.mu.Lock()
	if c.receiving || c.parked {
		c.unlock()
		return nil, ErrBusy
	}
	owes := c.releaseLocked()
	msg, ok := c.inbox.next()
	if !ok {
		return c.receiveSlow(ctx, park)
	}
	c.awayLocked()
	if owes {
		c.flushLocked()
	}
	c.unlock()
	return msg, nil
}

// Messages ranges over what Receive returns. Each message is borrowed until
// the next one. The sequence ends without an error at a clean end, and with one
// last error otherwise; ranging over it again goes on with the next message.
func (c *Conn) Messages(ctx context.Context) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		for {
			msg, err := c.Receive(ctx)
			if err == io.EOF { // and not what may lie within a *LostError
				return
			}
			if !yield(msg, err) || err != nil {
				return
			}
		}
	}
}

// releaseLocked consumes the message in hand, and reports whether the peer has
// to be told now.
func (c *Conn) releaseLocked() (owes bool) {
	n := c.inbox.release()
	if n == 0 {
		return false
	}
	owes = c.s.Consume(n, c.now)
	if !owes && c.s.Draining() {
		// What nobody waits for is told when the timer next looks.
		if d := c.s.Deadline(); d != 0 {
			c.armLocked(d)
		}
	}
	return owes
}

// receiveSlow is Receive when the inbox is empty. It is called with c.mu held
// and returns without.
func (c *Conn) receiveSlow(ctx context.Context, park bool) (msg []byte, err error) {
	c.receiving = true
	for {
		if msg, ok := c.inbox.next(); ok {
			c.receiving, c.idle = false, false
			c.awayLocked()
			c.unlock()
			return msg, nil
		}
		c.settleLocked()
		c.flushLocked()
		if c.inbox.unread > 0 {
			continue
		}
		err := c.receiveErrLocked()
		if err == nil {
			err = ctx.Err()
		}
		if err != nil {
			c.receiving = false
			c.awayLocked()
			if c.progress != nil || c.closing { // somebody waits for what the peer says
				c.lendLocked()
			}
			c.unlock()
			return nil, err
		}
		// A link that has failed and is still the session's is being closed.
		if l := c.link; l != nil && !l.leased && !l.ending && !l.failed.Load() {
			l.leased = true
			c.looks++
			if park && c.idle && l.sock != nil {
				parked, err := c.parkLocked(l)
				if parked {
					return nil, errParked
				}
				c.returnLeaseLocked(l, err)
				continue
			}
			if park {
				c.watchIdleLocked()
			}
			c.watchLocked(ctx)
			c.returnLeaseLocked(l, l.readLocked())
		} else if park && l == nil {
			c.receiving, c.parked = false, true
			c.unlock()
			return nil, errParked
		} else {
			if park && l != nil {
				c.watchIdleLocked() // a temporary reader, which is interrupted to park
			}
			c.waitLocked(ctx)
		}
	}
}

// returnLeaseLocked ends a reader's use of l. It lets c.mu go on the way.
func (c *Conn) returnLeaseLocked(l *link, err error) {
	if l.writing && c.settledLocked() && errors.Is(err, io.ErrUnexpectedEOF) {
		// The peer has said its last and listens on: the writer, which has our
		// CLOSE to write, ends the session and the link.
		err = nil
	}
	if err != nil && !l.ending {
		c.mu.Unlock()
		if errors.Is(err, errInterrupted) {
			l.uninterrupt()
		} else {
			l.fail(err)
		}
		c.mu.Lock()
	}
	l.leased = false
	if !c.receiving {
		c.awayLocked() // a look of the timer's may have found the lease taken
	}
	c.letLinkGoLocked(l)
}

// uninterrupt makes reads wait again.
func (l *link) uninterrupt() {
	_ = l.nc.SetReadDeadline(time.Time{}) // a dead socket shows at the next read
}

// waitLocked waits, without c.mu, until there is something to look at.
func (c *Conn) waitLocked(ctx context.Context) {
	c.waiting = true
	if c.arrived == nil {
		c.arrived = make(chan struct{}, 1)
	}
	c.unlock()
	select {
	case <-c.arrived:
	case <-ctx.Done():
	}
	c.mu.Lock()
	c.waiting = false
	select {
	case <-c.arrived:
	default:
	}
}

// watchLocked sees to it that the end of ctx interrupts a Receive that reads.
// The registration is kept from one call to the next: contexts are seldom
// changed, and to register for each message would cost more than the message.
func (c *Conn) watchLocked(ctx context.Context) {
	var done <-chan struct{}
	if ctx != c.ctx { // that ends with the session, which interrupts of itself
		done = ctx.Done()
	}
	if done == c.watched {
		return
	}
	if c.unwatch != nil {
		c.unwatch()
		c.unwatch = nil
	}
	if c.watched = done; done != nil {
		c.unwatch = context.AfterFunc(ctx, c.interrupt)
	}
}

// interrupt makes a Receive that reads look at its context.
func (c *Conn) interrupt() {
	c.mu.Lock()
	l := c.link
	if l == nil || !l.leased || !c.receiving {
		l = nil
	}
	c.unlock()
	if l != nil {
		_ = l.nc.SetReadDeadline(past)
	}
}

// receiveErrLocked is why there will be no further message, nil if there may.
func (c *Conn) receiveErrLocked() error {
	switch {
	case c.ended:
		if end, ok := c.err.(*CloseError); ok && end.Remote && end.Code == CodeNormal {
			return io.EOF
		}
		return c.err
	case c.closing:
		return ErrClosed
	case c.s.AtFinal():
		return c.remoteErrLocked()
	}
	return nil
}

// remoteErrLocked is what the peer's CLOSE means to a receiver.
func (c *Conn) remoteErrLocked() error {
	if e := c.remoteLocked(); e.Code != CodeNormal {
		return e
	}
	return io.EOF
}
