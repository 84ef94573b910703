package conn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
	"github.com/longsplice/longsplice/reconnect"
)

// maxCredential leaves room for the rest of HELLO in a control frame.
const maxCredential = 3 << 10

// greet is the client's side of a handshake. When it returns nil, the session
// is on the link.
func (c *Conn) greet(ctx context.Context, l *link, target string, credential []byte) error {
	deadline := time.Now().Add(c.cfg.handshakeTimeout())
	if d, ok := ctx.Deadline(); ok && d.Before(deadline) {
		deadline = d
	}
	if err := l.nc.SetDeadline(deadline); err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { _ = l.nc.SetDeadline(past) })
	defer stop()

	c.mu.Lock()
	if err := ctx.Err(); err != nil {
		// An attempt that was given up, whose dial function brought a transport
		// all the same, must not fence its successor.
		c.unlock()
		return err
	}
	old := c.link
	if old != nil {
		c.detachLocked(old)
	}
	h := c.client.Hello()
	c.unlock()
	if old != nil {
		old.fail(session.ErrFenced)
	}
	h.Plain, h.Credential = c.cfg.NoResume, credential
	if _, err := l.nc.Write(h.Append(nil)); err != nil {
		return err
	}
	kind, body, err := l.readFrame()
	if err != nil {
		if errors.Is(err, io.EOF) {
			err = fmt.Errorf("conn: server closed the link in the handshake: %w", io.ErrUnexpectedEOF)
		}
		return public(err)
	}
	switch kind {
	case wire.KindWelcome:
		if !stop() {
			return ctx.Err()
		}
		if err := l.nc.SetDeadline(time.Time{}); err != nil {
			return err
		}
		return c.welcomed(l, target, h.Attempt, body)
	case wire.KindClose:
		return c.closedMeanwhile(h.Attempt, body)
	case wire.KindRefuse:
		return c.refused(target, body)
	}
	return public(wire.Errorf("kind %#x in answer to HELLO", byte(kind)))
}

// readFrame reads a frame of the handshake. What came behind it stays with the
// link.
func (l *link) readFrame() (wire.Kind, []byte, error) {
	for {
		if l.in != nil {
			kind, body, size, ok, err := wire.Cut(l.in.buf[l.r:l.w], 0)
			if err != nil {
				return 0, nil, err
			}
			if ok {
				l.r += size
				return kind, body, nil
			}
			l.expect = size
		}
		if _, err := l.fill(); err != nil {
			return 0, nil, err
		}
	}
}

func (c *Conn) welcomed(l *link, target string, attempt uint64, body []byte) error {
	w, err := wire.ParseWelcome(body)
	if err != nil {
		return public(err)
	}
	c.mu.Lock()
	if c.ended {
		c.unlock()
		return reconnect.Permanent(ErrClosed)
	}
	gen, err := c.client.Welcome(attempt, &w)
	if err != nil {
		if c.client.Known() && !errors.Is(err, session.ErrStale) {
			c.loseLocked(LostProtocol, public(err))
		}
		c.unlock()
		return public(err)
	}
	if c.id == "" {
		c.id = nameOf(w.ID)
	}
	c.home, c.ttl = target, w.TTL
	c.replayed = c.s.Replay()
	l.c, l.leased = c, true
	c.attachLocked(l, gen, w.MinPing)
	c.flushLocked()
	c.unlock()
	c.traceUp(l, w.Resumed)
	l.begin()
	return nil
}

// begin applies what came behind the handshake, and gives the lease to whoever
// wants to read.
func (l *link) begin() {
	c := l.c
	c.mu.Lock()
	var err error
	if l.w > l.r {
		err = l.applyLocked()
	}
	c.returnLeaseLocked(l, err)
	c.wakeReceiverLocked()
	if c.progress != nil || c.closing {
		c.lendLocked()
	}
	c.unlock()
}

// closedMeanwhile: the server had closed the session while there was no link.
func (c *Conn) closedMeanwhile(attempt uint64, body []byte) error {
	c.mu.Lock()
	defer c.unlock()
	if err := c.client.Closed(attempt, body); err != nil {
		return public(err)
	}
	if !c.ended {
		c.endLocked(c.verdictLocked(LostClosed, nil))
	}
	return reconnect.Permanent(c.err)
}

// refused: what a refusal means for the session, and for the attempts.
func (c *Conn) refused(target string, body []byte) error {
	r, err := wire.ParseRefuse(body)
	if err != nil {
		return public(err)
	}
	refusal := &RefusedError{Code: RefuseCode(r.Code), Reason: r.Reason}
	switch r.Code {
	case wire.RefuseBusy, wire.RefuseGoingAway:
		return reconnect.RetryAfter(r.Retry.Min, r.Retry.Max, refusal)
	case wire.RefuseStale:
		return refusal
	case wire.RefuseEpoch:
		if c.mayLiveElsewhere(target) {
			return refusal
		}
		c.lose(LostRestarted, refusal)
	case wire.RefuseUnknown:
		c.lose(LostUnknown, refusal)
	case wire.RefuseProtocol:
		c.lose(LostProtocol, refusal)
	}
	return reconnect.Permanent(refusal)
}

// mayLiveElsewhere reports whether the session may still be on the server that
// it was last on, which is not target.
func (c *Conn) mayLiveElsewhere(target string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return target != c.home && clock()-c.detachedAt < c.ttl
}
