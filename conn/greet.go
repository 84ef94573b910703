package conn

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
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
	if kind == wire.KindWelcome {
		if !stop() {
			return ctx.Err()
		}
		if err := l.nc.SetDeadline(time.Time{}); err != nil {
			return err
		}
	}
	return c.answered(l, target, h.Attempt, kind, body)
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
		if _, err := l.fill(true); err != nil {
			return 0, nil, err
		}
	}
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
	if c.progress != nil || len(c.writable) > 0 || c.closing {
		c.lendLocked()
	}
	c.unlock()
}
