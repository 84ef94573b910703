package main

import (
	"context"
	"errors"
	"net"
	"sync/atomic"

	"github.com/cenkalti/backoff/v4"
)

// Keeping is who wants to know what a client does that comes back by itself.
type keeping struct {
	dialled   func()              // an attempt begins
	connected func()              // the server has welcomed it
	unknown   func(msgs [][]byte) // these may or may not have been delivered
}

// netDial dials, and says so.
func (k keeping) netDial(ctx context.Context, network, addr string) (net.Conn, error) {
	k.dialled()
	return new(net.Dialer).DialContext(ctx, network, addr)
}

// kept makes a client of p that comes back: by the peer's own means, or by a loop
// such as an application writes.
func kept(ctx context.Context, p *peer, to target, k keeping) (client, error) {
	if p.keep != nil {
		return p.keep(ctx, to, k)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	r := &redialler{stop: stop, done: make(chan struct{})}
	receive := to.receive
	to.receive = func(_ client, msg []byte) { receive(r, msg) }
	first := make(chan struct{})
	go func() {
		defer close(r.done)
		r.run(ctx, p, to, k, first)
	}()
	<-first
	return r, nil
}

// A redialler dials again when a client's connection has ended, with
// cenkalti/backoff and its defaults, but for ever.
type redialler struct {
	now  atomic.Pointer[client]
	stop context.CancelFunc
	done chan struct{}
}

var errDown = errors.New("no connection")

func (r *redialler) run(ctx context.Context, p *peer, to target, k keeping, first chan struct{}) {
	for ctx.Err() == nil {
		policy := backoff.NewExponentialBackOff(backoff.WithMaxElapsedTime(0))
		c, err := backoff.RetryWithData(func() (client, error) {
			k.dialled()
			return p.dial(ctx, to)
		}, backoff.WithContext(policy, ctx))
		if err != nil {
			return
		}
		r.now.Store(&c)
		k.connected()
		if first != nil {
			close(first)
			first = nil
		}
		select {
		case <-c.Done():
		case <-ctx.Done():
		}
		r.now.Store(nil)
		c.Close()
	}
}

func (r *redialler) Send(msg []byte) error {
	c := r.now.Load()
	if c == nil {
		return errDown
	}
	return (*c).Send(msg)
}

func (r *redialler) Flush() error          { return nil }
func (r *redialler) Done() <-chan struct{} { return r.done }

func (r *redialler) Close() error {
	r.stop()
	<-r.done
	return nil
}
