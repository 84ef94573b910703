package main

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"sync"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/internal/liveline"
)

// listen writes to w what one sender sends.
func listen(ctx context.Context, o listenOptions, w io.Writer, line *liveline.Line) error {
	cert, err := o.certificate()
	if err != nil {
		return err
	}
	ln, err := net.Listen("tcp", o.address)
	if err != nil {
		return failed(statusHere, "the address cannot be listened on: %w", err)
	}
	line.Printf("listening on %v", ln.Addr())
	if cert != nil {
		line.Printf("certificate %s", fingerprint(cert.Certificate[0]))
		ln = tls.NewListener(ln, &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12})
	}
	r := newReceiver(ctx, o.ttl, w)
	srv := conn.NewServer(conn.HandlerFunc(r.serve), &conn.Config{
		Heartbeat:  watchful,
		SessionTTL: o.ttl,
		Trace: &conn.Trace{
			LinkUp:     func(c *conn.Conn, _ net.Addr) { r.status.link(c, true) },
			LinkDown:   func(c *conn.Conn, _ net.Addr, _ error) { r.status.link(c, false) },
			SessionEnd: func(c *conn.Conn, _ error) { r.left(c) },
		},
	})
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.WithoutCancel(ctx), ln) }()
	defer line.Follow(r.status.text)()

	select {
	case <-r.finished:
		err = r.err
		r.awaitGoodbye()
	case <-ctx.Done():
		err = r.interrupted()
	case err = <-served:
		served <- err
		err = failed(statusHere, "no more links can be accepted: %w", err)
	}
	_ = srv.Close() // all is said
	<-served
	if err == nil {
		line.Printf("received %v: the sender has been told (%v)", r.got, r.status)
		if r.untold != nil {
			line.Printf("pipe: the data is complete, but the sender may not know: %v", r.untold)
		}
	}
	return err
}

// A receiver is what one run of listen does.
type receiver struct {
	ctx      context.Context // ends with the interrupt
	ttl      time.Duration
	w        io.Writer
	status   *status
	finished chan struct{} // closed when the transfer has ended, with what follows
	err      error
	untold   error // why the sender may not know of the success
	got      total

	mu    sync.Mutex
	owner *conn.Conn    // whose transfer it is
	gone  chan struct{} // closed when the owner's session has ended
}

func newReceiver(ctx context.Context, ttl time.Duration, w io.Writer) *receiver {
	return &receiver{
		ctx: ctx, ttl: ttl, w: w, status: newStatus("received"),
		finished: make(chan struct{}), gone: make(chan struct{}),
	}
}

const taken = "it is already receiving from another sender"

// claim makes the transfer that of c, unless there is one already.
func (r *receiver) claim(c *conn.Conn) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.owner != nil {
		return false
	}
	r.owner = c
	r.status.session(c)
	return true
}

// left notes that a session has ended.
func (r *receiver) left(c *conn.Conn) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if c == r.owner {
		close(r.gone)
	}
}

// serve is the handler. The first sender that says hello has the receiver; a
// session whose client never came to know of it says nothing.
func (r *receiver) serve(ctx context.Context, c *conn.Conn) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	defer context.AfterFunc(r.ctx, func() { cancel(errInterrupted) })()
	msg, err := c.Receive(ctx)
	switch {
	case err != nil:
		return err
	case string(msg) != hello:
		return &conn.CloseError{Code: codeConfused, Reason: "this is a receiver for pipe send"}
	case !r.claim(c):
		return &conn.CloseError{Code: codeTaken, Reason: taken}
	}
	r.err = explain(r.transfer(ctx, c), "sender", r.ttl)
	close(r.finished)
	if r.err == nil {
		return nil
	}
	code, reason := farewell(r.err, "receiver")
	return &conn.CloseError{Code: code, Reason: reason}
}

// awaitGoodbye waits until the sender has been told how it ended.
func (r *receiver) awaitGoodbye() {
	timeout := time.NewTimer(goodbye)
	defer timeout.Stop()
	select {
	case <-r.gone:
	case <-timeout.C:
	}
}

// interrupted waits until the transfer has noticed, if there is one.
func (r *receiver) interrupted() error {
	r.mu.Lock()
	begun := r.owner != nil
	r.mu.Unlock()
	if !begun {
		return failed(statusInterrupted, "interrupted before a sender came")
	}
	<-r.finished
	r.awaitGoodbye()
	return r.err
}

// farewell is what an end that failed says to the other. The end that was told
// to go by the other does not repeat it.
func farewell(err error, who string) (conn.Code, string) {
	var f *failure
	if !errors.As(err, &f) {
		return conn.CodeError, ""
	}
	switch f.status {
	case statusInterrupted:
		return codeInterrupted, "the " + who + " was interrupted"
	case statusMismatch:
		return codeMismatch, "the hashes differ"
	case statusHere:
		code := codeInput
		if who == "receiver" {
			code = codeOutput
		}
		return code, f.Error()
	}
	return conn.CodeError, ""
}
