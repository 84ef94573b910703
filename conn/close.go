package conn

import (
	"context"
	"errors"
	"net"
	"time"

	"github.com/longsplice/longsplice/internal/wire"
)

// Flush waits until the peer's application has consumed all that was accepted
// before the call, across links if need be. If ctx ends first the outcome is
// unknown, and the error an *UnknownError; the messages are still on their way.
// If the session ends first, the error is as for Err, or nil if all had been
// consumed by then.
func (c *Conn) Flush(ctx context.Context) error {
	c.mu.Lock()
	defer c.unlock()
	target := c.s.Count().Queued
	for {
		n := c.s.Count()
		switch {
		case n.Acked >= target:
			return nil
		case c.ended:
			return c.err
		case c.s.PeerDone():
			return c.remoteLocked()
		case ctx.Err() != nil:
			return &UnknownError{Bytes: target - n.Acked, Err: ctx.Err()}
		}
		c.s.AskFor(target)
		c.waitProgressLocked(ctx)
	}
}

// Shutdown closes the connection in good order: from now on nothing is accepted
// and nothing received; what was accepted is delivered, on further links if need
// be; the peer learns code and reason, and answers. The message in hand, if
// there is one, counts as consumed.
//
// It returns nil once the peer's application has consumed everything, a
// *LostError if it closed before it had or the session is lost. If ctx ends
// first the connection is cut off, and the error is an *UnknownError if
// anything was not acknowledged, else nil.
func (c *Conn) Shutdown(ctx context.Context, code Code, reason string) error {
	c.mu.Lock()
	c.closeLocked(code, reason)
	for !c.ended && ctx.Err() == nil {
		c.waitProgressLocked(ctx)
	}
	var err error
	if !c.ended {
		if n := c.s.Count(); n.Acked < n.Queued {
			err = &UnknownError{Bytes: n.Queued - n.Acked, Err: ctx.Err()}
		}
		c.abortLocked(CodeAborted, "")
	} else if errors.As(c.err, new(*LostError)) {
		err = c.err // and not the peer's CLOSE, which is no failure
	}
	gone := c.gone.wait()
	c.unlock()
	<-gone
	return err
}

// Close closes the connection: it is Shutdown with CodeNormal, and waits for
// delivery no longer than Linger. It may be called more than once, and
// concurrently with everything else; each call waits for the end.
func (c *Conn) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), c.cfg.linger())
	defer cancel()
	return c.Shutdown(ctx, CodeNormal, "")
}

// closeLocked closes this end in good order.
func (c *Conn) closeLocked(code Code, reason string) {
	if c.closing || c.ended {
		return
	}
	c.closing = true
	c.dropLocked()
	c.s.Close(uint16(code), reason)
	c.endIfDoneLocked()
	c.stopReceiverLocked()
	c.roomLocked() // a Send that waits is told
	c.flushLocked()
	c.lendLocked() // the peer's answer has to be read
}

// dropLocked ends what this end receives. The application may still be at work
// on the message in hand: that counts as consumed, so that the peer does not
// take it for undelivered, and its memory stays.
func (c *Conn) dropLocked() {
	c.s.Consume(len(c.inbox.hand), c.now)
	c.inbox.hand = nil
	c.inbox.drop()
}

// stopReceiverLocked makes a Receive that is under way return.
func (c *Conn) stopReceiverLocked() {
	c.wakeReceiverLocked()
	if l := c.link; l != nil && l.leased && c.receiving {
		c.afterLocked(func() { _ = l.nc.SetReadDeadline(past) })
	}
}

// settleLocked answers the peer's CLOSE as soon as its last message has been
// consumed. A peer that still listens is not answered: the application may have
// more to say.
func (c *Conn) settleLocked() {
	if !c.closing && c.s.PeerDone() && c.s.AtFinal() && c.inbox.unread == 0 && len(c.inbox.hand) == 0 {
		c.s.Close(uint16(CodeNormal), "")
	}
	c.endIfDoneLocked()
}

// settledLocked reports that neither end has anything to say or to hear any
// more, whether or not both know it of each other.
func (c *Conn) settledLocked() bool {
	l := c.s.Local()
	return l != nil && l.Consumed != wire.Open && c.s.PeerDone()
}

// answerTime is how long a client goes on trying to tell a server that has
// closed the session that it has heard. The server may be gone, and has nothing
// to say any more.
const answerTime = 5 * time.Second

// endIfDoneLocked ends a session that both ends have closed. A server that has
// no link to say so waits for none: its tombstone answers the client.
func (c *Conn) endIfDoneLocked() {
	switch {
	case c.ended:
	case c.s.Ended():
		c.endLocked(c.verdictLocked(LostClosed, nil))
	case c.link != nil || !c.settledLocked():
	case c.entry != nil || !c.client.Resumable() || c.now-c.detachedAt >= answerTime:
		c.endLocked(c.verdictLocked(LostClosed, nil))
	default:
		c.armLocked(c.detachedAt + answerTime)
	}
}

// verdictLocked is how the session ended, given that it has.
func (c *Conn) verdictLocked(reason LostReason, cause error) error {
	var remote error
	orderly := reason == LostClosed || c.closing || c.settledLocked()
	if r := c.s.Remote(); r != nil {
		remote = c.remoteLocked()
		orderly = orderly && (c.closing || c.s.Count().Received >= r.Final)
	}
	undelivered, unknown := c.s.Loss()
	if len(undelivered)+len(unknown) > 0 || !orderly {
		if cause == nil {
			cause = remote
		}
		return &LostError{Reason: reason, Err: cause, Undelivered: undelivered, Unknown: unknown}
	}
	if remote != nil && !c.closing {
		return remote
	}
	return ErrClosed
}

// remoteLocked is the peer's CLOSE, or its wish that this end should close.
func (c *Conn) remoteLocked() *CloseError {
	e := &CloseError{Code: CodeGoingAway, Remote: true}
	if r := c.s.Remote(); r != nil {
		e.Code, e.Reason = Code(r.Code), r.Reason
	}
	if c.leaving {
		g := c.s.GoAway()
		e.RetryMin, e.RetryMax = g.Min, g.Max
	}
	return e
}

// lose ends a session that cannot go on.
func (c *Conn) lose(reason LostReason, cause error) {
	c.mu.Lock()
	c.loseLocked(reason, cause)
	c.unlock()
}

func (c *Conn) loseLocked(reason LostReason, cause error) {
	if !c.ended {
		c.endLocked(c.verdictLocked(reason, cause))
	}
}

// violatedLocked ends a session whose peer broke the protocol.
func (c *Conn) violatedLocked(err error) {
	if c.ended {
		return
	}
	c.dropLocked()
	c.s.Abort(uint16(CodeProtocol), public(err).Error())
	c.flushLocked()
	c.loseLocked(LostProtocol, public(err))
}

// abortLocked ends the session now. The peer is told if a link takes it.
func (c *Conn) abortLocked(code Code, reason string) {
	if c.ended {
		return
	}
	c.dropLocked()
	c.s.Abort(uint16(code), reason)
	c.closing = true
	c.flushLocked()
	if c.ended {
		return
	}
	c.endLocked(c.verdictLocked(LostClosed, nil))
}

// endLocked is the one way in which a Conn ends.
func (c *Conn) endLocked(err error) {
	c.ended, c.err = true, err
	if c.entry != nil {
		c.entry.Bury()
	}
	if c.timer != nil {
		c.timer.Stop()
	}
	if c.unwatch != nil {
		c.unwatch()
		c.unwatch, c.watched = nil, nil
	}
	c.hb.Stop()
	c.done.happen()
	c.roomLocked()
	c.wakeReceiverLocked()
	c.afterLocked(c.traceEnd)
	if c.server != nil {
		c.afterLocked(func() { c.server.sessions.bury(c) })
	}
	l := c.link
	if c.server != nil || l == nil {
		// A client that has a link lets go of it first.
		c.afterLocked(c.cancel)
	}
	if l == nil {
		c.gone.happen()
		return
	}
	l.ending = true
	// A link that is stuck is not waited for.
	time.AfterFunc(lastWords, func() { l.fail(net.ErrClosed) })
	if l.leased {
		c.afterLocked(func() { _ = l.nc.SetReadDeadline(past) })
	}
	c.letLinkGoLocked(l)
}

// lastWords is how long a link that has nothing left to say waits for the peer
// to take that in and to close its half.
const lastWords = 250 * time.Millisecond
