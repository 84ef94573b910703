package main

import (
	"context"
	"fmt"
	"path/filepath"
)

// Idle connections have joined a room and have said nothing for some seconds. The
// figure is what the server's process occupies more than it did without them,
// after a garbage collection; the kernel's own memory for sockets is not in it.
var idleWork = &work{
	name:   "idle",
	brief:  "idle",
	key:    anyCase,
	title:  "Memory of an idle connection in the server's process",
	rounds: 2,
	figures: []figure{
		{name: "RSS/connection", unit: "KiB"},
		{name: "stacks", unit: "KiB"},
		{name: "heap", unit: "KiB"},
		{name: "goroutines", unit: ""},
		{name: "connect", unit: "µs"},
	},
	parts: func(s scale) []part {
		at := where{"", plural(s.idleConns, "connection"), float64(s.idleConns)}
		return []part{{cases: []turn{{at, func(ctx context.Context, e *entry) error { return e.idle(ctx, at) }}}}}
	},
}

func (e *entry) idle(ctx context.Context, at where) error {
	r, err := newRig(ctx, e.peer, "fanout")
	if err != nil {
		return err
	}
	defer r.close()
	var before, after Memory
	if err := r.server.call(ctx, "Stand.Memory", struct{}{}, &before); err != nil {
		return err
	}
	n := e.scale.idleConns
	took, err := r.connect(ctx, e.peer, "fanout", n, 1)
	if err != nil {
		return err
	}
	if err := sleep(ctx, e.scale.idleFor); err != nil { // what a handshake held has been let go
		return err
	}
	if err := r.server.call(ctx, "Stand.Memory", struct{}{}, &after); err != nil {
		return err
	}
	if e.scale.profiles != "" {
		name, err := filepath.Abs(e.profileOf(at, "heap"))
		if err == nil {
			err = r.server.call(ctx, "Stand.Profile", Profiling{File: name, Heap: true}, nil)
		}
		if err != nil {
			return err
		}
	}
	// Who has gone would have cost nothing.
	if err := r.crowd.call(ctx, "Crowd.Reach", struct{}{}, nil); err != nil {
		return err
	}
	each := func(before, after float64) float64 { return (after - before) / float64(n) }
	e.add(at, Faults{},
		each(float64(before.Resident), float64(after.Resident))/1024,
		each(float64(before.Stack), float64(after.Stack))/1024,
		each(float64(before.Heap), float64(after.Heap))/1024,
		each(float64(before.Goroutines), float64(after.Goroutines)),
		micros(took)/float64(n))
	return nil
}

// Reach publishes one message, and returns when every client has it.
func (c *Crowd) Reach(_ struct{}, _ *struct{}) error {
	if err := c.publish(Fanout{Rooms: 1, Burst: 1, Size: headerSize}); err != nil {
		return err
	}
	if f := c.fanout.faults(); !f.none() {
		return fmt.Errorf("%w%s", errLost, complaint(f))
	}
	return nil
}
