package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/examples/internal/liveline"
	"github.com/longsplice/longsplice/reconnect"
)

// A rig is everything that takes part in a run.
type rig struct {
	options  options
	plan     []faultproxy.PlannedCut
	proxy    *faultproxy.Proxy
	pace     *pace
	up, down *flow // client to server, server to client
	resumed  atomic.Int64
	replayed atomic.Int64 // client to server; a server is not told
}

// errFaults is the verdict that the last line on stdout explains.
var errFaults = errors.New("not every message arrived exactly once, in order and unchanged")

// run does it all, and returns nil if nothing was lost, duplicated, reordered
// or corrupted and the cuts were as many as asked for. The end of ctx ends the
// sending.
func run(ctx context.Context, o options, stdout, progress io.Writer) error {
	made := content{seed: o.seed, mean: o.size}
	cuts := schedule(o, made)
	r := &rig{options: o, plan: cuts.Plan(), pace: newPace(cuts.Mean / 4)}
	r.up, r.down = r.flow(made, toServer), r.flow(made, toClient)
	if o.verbose {
		fmt.Fprintf(stdout, "%d cuts, mean %d bytes, fingerprint %s\n", o.cuts, cuts.Mean, fingerprint(r.plan))
		list(stdout, r.plan)
	}
	stop := ctx
	if o.duration > 0 {
		var cancel context.CancelFunc
		stop, cancel = context.WithTimeout(ctx, o.duration)
		defer cancel()
	}
	defer context.AfterFunc(stop, r.pace.end)()

	line := liveline.New(progress, 2*time.Second)
	began := time.Now()
	if err := r.exchange(stop, cuts, line); err != nil {
		return err
	}
	cut := r.proxy.Stats().Cuts
	found := r.report(stdout, cut, time.Since(began))
	switch {
	case found != faults{}:
		return errFaults
	case stop.Err() == nil && cut < o.cuts:
		return fmt.Errorf("only %d of %d cuts struck before the data ran out: use fewer cuts or more messages", cut, o.cuts)
	}
	return nil
}

func (r *rig) flow(c content, d direction) *flow {
	n := uint64(r.options.messages)
	return &flow{content: c, stride: r.pace.stride(d), tally: newTally(c, d, n), messages: n}
}

// exchange puts the proxy between a server and a client, and returns when both
// are done.
func (r *rig) exchange(stop context.Context, cuts faultproxy.Schedule, line *liveline.Line) error {
	// Whatever ends the sending, what was sent is to arrive.
	ctx, fail := context.WithCancelCause(context.WithoutCancel(stop))
	defer fail(nil)

	served := make(chan error, 1)
	srv := conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		err := r.server(ctx, stop, c)
		if err != nil {
			fail(err)
		}
		return err
	}), r.config(line))
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() { served <- srv.Serve(ctx, ln) }()
	defer func() { _ = srv.Close(); <-served }()

	r.proxy, err = faultproxy.Listen(ln.Addr().String(), &faultproxy.Config{Schedule: cuts})
	if err != nil {
		return err
	}
	defer r.proxy.Close()

	defer line.Follow(r.status())()
	defer r.watch(fail)()
	c, err := conn.Dial(ctx, "tcp://"+r.proxy.Addr().String(), r.config(line))
	if err != nil {
		return err
	}
	defer c.Close() // the server has closed in good order, or the error below says more
	err = r.client(ctx, stop, c)
	if cause := context.Cause(ctx); err != nil && cause != nil {
		err = cause
	}
	return err
}

// config is what server and client share. Links die all the time here, so the
// client tries again at once.
func (r *rig) config(line *liveline.Line) *conn.Config {
	return &conn.Config{
		MaxMessage: max(1<<20, r.up.content.largest()),
		Retry:      reconnect.Policy{InitialDelay: time.Millisecond, MaxDelay: 20 * time.Millisecond},
		OnState: func(s conn.State) {
			if s.Phase == conn.Resumed {
				r.resumed.Add(1)
				r.replayed.Add(int64(s.Replayed))
			}
			if r.options.verbose {
				line.Printf("%v", s)
			}
		},
	}
}
