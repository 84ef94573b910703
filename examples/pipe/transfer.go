package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"

	"github.com/longsplice/longsplice/conn"
)

// transfer writes what the sender sends, and answers when all of it is written.
//
// It asks for the next message when the one before is written, and only that
// acknowledges it. So a slow output slows the sender down, and no more waits
// here than the connection's window.
func (r *receiver) transfer(ctx context.Context, c *conn.Conn) error {
	out := write(r.w)
	defer out.stop()
	hash := sha256.New()
	for {
		msg, err := c.Receive(ctx)
		if err != nil {
			return r.broken(err)
		}
		switch {
		case len(msg) > 0 && msg[0] == kindData:
			data := msg[1:]
			if err := out.write(ctx, data); err != nil {
				return r.unwritten(ctx, c, err)
			}
			hash.Write(data)
			r.got.bytes += int64(len(data))
			r.status.add(len(data))
		case len(msg) > 0 && msg[0] == kindTotal:
			claimed, err := parseTotal(msg)
			if err != nil {
				return failed(statusThere, "the sender was not understood: %w", err)
			}
			if err := out.sync(ctx); err != nil {
				return r.unwritten(ctx, c, err)
			}
			hash.Sum(r.got.hash[:0])
			if r.got != claimed {
				return failed(statusMismatch, "something else has arrived: %v, but the sender sent %v", r.got, claimed)
			}
			r.untold = r.answer(ctx, c)
			return nil
		default:
			return failed(statusThere, "the sender was not understood: message of kind %q", msg[:min(1, len(msg))])
		}
	}
}

// answer tells the sender that all is well, and waits for it to close. Whatever
// comes of that, the data is complete.
func (r *receiver) answer(ctx context.Context, c *conn.Conn) error {
	ctx, cancel := context.WithTimeout(ctx, goodbye)
	defer cancel()
	if err := c.Send(ctx, r.got.message()); err != nil {
		return err
	}
	switch _, err := c.Receive(ctx); {
	case errors.Is(err, io.EOF):
		return nil
	case err != nil:
		return err
	}
	return errors.New("the sender went on after the end")
}

// broken is why nothing further comes.
func (r *receiver) broken(err error) error {
	if errors.Is(err, io.EOF) {
		return failed(statusThere, "the sender closed before the end of the data")
	}
	if r.ctx.Err() != nil {
		return cause(r.ctx, err)
	}
	return err
}

// unwritten is why the output did not take the data: an error of its own, or
// the end of the session or the program while it was being waited for.
func (r *receiver) unwritten(ctx context.Context, c *conn.Conn, err error) error {
	switch {
	case ctx.Err() == nil || !errors.Is(err, context.Cause(ctx)):
		return &failure{statusHere, fmt.Errorf("standard output could not be written: %w", err)}
	case r.ctx.Err() != nil:
		return cause(r.ctx, err)
	case c.Err() != nil:
		return c.Err()
	}
	return err
}
