package main

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/longsplice/longsplice/conn"
)

// A flow is one direction: what its sender and its receiver do.
type flow struct {
	content  content
	stride   stride
	tally    *tally
	messages uint64
	sent     atomic.Uint64
	began    atomic.Int64 // Unix nanoseconds
}

// send sends the messages one after the other, until stop ends. There is
// nothing here about connections that break: a Conn outlives them.
func (f *flow) send(ctx, stop context.Context, c *conn.Conn) error {
	f.began.Store(time.Now().UnixNano())
	var msg []byte
	for i := uint64(0); i < f.messages && stop.Err() == nil; i++ {
		msg = f.content.message(f.tally.direction, i, msg)
		f.stride.before(len(msg))
		if err := c.Send(ctx, msg); err != nil {
			return fmt.Errorf("message %d, %v, was not accepted: %w", i, f.tally.direction, err)
		}
		f.sent.Add(1)
	}
	return nil
}

// receive takes one message into account.
func (f *flow) receive(msg []byte) {
	f.tally.arrived(msg)
	f.stride.after(len(msg))
}

// client sends all of its messages, says so with an empty one, and receives
// until the server closes.
func (r *rig) client(ctx, stop context.Context, c *conn.Conn) error {
	sent := make(chan error, 1)
	go func() {
		defer r.pace.end()
		err := r.up.send(ctx, stop, c)
		if err == nil {
			err = c.Send(ctx, nil)
		}
		sent <- err
	}()
	for msg, err := range c.Messages(ctx) {
		if err != nil {
			r.pace.end() // the sender may be waiting for what will not come
			return errors.Join(fmt.Errorf("client: %w", err), <-sent)
		}
		r.down.receive(msg)
	}
	return <-sent
}

// server is the handler of the one session. It begins to send when it has heard
// from the client, and when it returns, the library delivers what is still
// under way and closes.
func (r *rig) server(ctx, stop context.Context, c *conn.Conn) error {
	var sent chan error
	for msg, err := range c.Messages(ctx) {
		if err != nil {
			return fmt.Errorf("server: %w", err)
		}
		if sent == nil {
			sent = make(chan error, 1)
			go func() {
				defer r.pace.end()
				sent <- r.down.send(ctx, stop, c)
			}()
		}
		if len(msg) == 0 {
			return <-sent
		}
		r.up.receive(msg)
	}
	return errors.New("server: the client closed before its last message")
}
