package main

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/internal/liveline"
	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/reconnect"
)

// goodbye is how long the end of a session may take. The other end may be dead.
const goodbye = 3 * time.Second

// Both ends notice within 15 s that a link has gone silent.
var watchful = &heartbeat.Config{Interval: 5 * time.Second, Timeout: 15 * time.Second}

// send carries in to the receiver, and returns nil if that has agreed.
func send(ctx context.Context, o sendOptions, in io.Reader, line *liveline.Line) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	trust, err := o.trust()
	if err != nil {
		return err
	}
	target := "tcp://" + o.address
	if trust != nil {
		target = "tls://" + o.address
	}
	status := newStatus("sent")
	cfg := &conn.Config{
		TLS:       trust,
		Heartbeat: watchful,
		Retry: reconnect.Policy{
			InitialDelay: 100 * time.Millisecond,
			MaxDelay:     2 * time.Second,
			MaxElapsed:   o.wait,
			// A link that carried anything was good: -wait is the length of one
			// outage, not of a row of them.
			StableAfter: -1,
		},
		OnState: func(s conn.State) {
			status.state(s)
			if untrusted(s.Err) {
				fail(failed(statusUnreached, "the receiver is not to be trusted: %w", s.Err))
			}
		},
	}
	defer line.Follow(status.text)()
	c, err := conn.Dial(ctx, target, cfg)
	if err != nil {
		return explain(cause(ctx, err), "receiver", o.wait)
	}
	defer c.Close()
	status.session(c)

	sent, err := transmit(ctx, c, in, status)
	if err = explain(err, "receiver", o.wait); err != nil {
		tell(c, err)
		return err
	}
	line.Printf("sent %v: the receiver has it and agrees (%v)", sent, status)
	return nil
}

// transmit sends the data and waits for the receiver's verdict.
func transmit(ctx context.Context, c *conn.Conn, r io.Reader, status *status) (total, error) {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	answered := make(chan total, 1)
	received := make(chan struct{})
	go func() {
		defer close(received)
		answer, err := receiveTotal(ctx, c)
		if err != nil {
			fail(err) // the receiver has given up, even if there is nothing to send at present
			return
		}
		answered <- answer
	}()
	defer func() { fail(nil); <-received }()

	sent, err := transmitData(ctx, c, r, status)
	if err != nil {
		return sent, cause(ctx, err)
	}
	select {
	case answer := <-answered:
		if answer != sent {
			return sent, failed(statusMismatch, "the receiver has something else: %v, but %v were sent", answer, sent)
		}
	case <-ctx.Done():
		return sent, context.Cause(ctx)
	}
	// All is said. The receiver learns that this end has heard it, if it is
	// still there.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), goodbye)
	defer cancel()
	_ = c.Shutdown(ctx, conn.CodeNormal, "")
	return sent, nil
}

// transmitData sends the hello, the data and its total.
func transmitData(ctx context.Context, c *conn.Conn, r io.Reader, status *status) (sent total, err error) {
	if err := c.Send(ctx, []byte(hello)); err != nil {
		return sent, err
	}
	in := read(r)
	defer in.stop()
	hash := sha256.New()
	for {
		var p piece
		select {
		case p = <-in.ready:
		case <-ctx.Done():
			return sent, ctx.Err()
		}
		if errors.Is(p.err, io.EOF) {
			hash.Sum(sent.hash[:0])
			return sent, c.Send(ctx, sent.message())
		}
		if p.err != nil {
			return sent, &failure{statusHere, fmt.Errorf("standard input could not be read: %w", p.err)}
		}
		if err := c.Send(ctx, p.msg); err != nil {
			return sent, err
		}
		data := p.msg[1:]
		hash.Write(data)
		sent.bytes += int64(len(data))
		status.add(len(data))
		in.recycle(p)
	}
}

// receiveTotal waits for the receiver's answer.
func receiveTotal(ctx context.Context, c *conn.Conn) (total, error) {
	msg, err := c.Receive(ctx)
	if errors.Is(err, io.EOF) {
		return total{}, failed(statusThere, "the receiver closed without an answer")
	}
	if err != nil {
		return total{}, err
	}
	answer, err := parseTotal(msg)
	if err != nil {
		return total{}, failed(statusThere, "the receiver's answer was not understood: %w", err)
	}
	return answer, nil
}

// tell closes the session of a sender that has failed, with the reason.
func tell(c *conn.Conn, err error) {
	ctx, cancel := context.WithTimeout(context.Background(), goodbye)
	defer cancel()
	code, reason := farewell(err, "sender")
	_ = c.Shutdown(ctx, code, reason) // it has failed already
}
