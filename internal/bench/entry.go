package main

import (
	"context"
	"sync"
	"time"
)

// An entry is one peer in one part of a work.
type entry struct {
	peer  *peer
	work  *work
	scale scale
	out   *results
	rig   *rig // nil if each turn has processes of its own

	failed bool  // it takes no further turns
	enough where // it takes no further turns in this case
	bill   *bill
}

// tooLong is how long a turn may take. Who takes longer, as many do for a burst to
// ten thousand members, has done so much in it that one round will do.
const tooLong = 4 * time.Second

// A bill is for a turn whose costs are still coming in.
type bill struct {
	from *rig
	pay  func(after Spent, err error)

	once  sync.Once
	timer *time.Timer
	after Spent
	err   error
}

// Spent is what both processes have taken so far, and the server's garbage.
type Spent struct {
	Clocks
	Garbage Collections
}

// read reads the clocks, unless that has been done.
func (b *bill) read() {
	b.once.Do(func() {
		if b.after.Clocks, b.err = clocksOf(b.from); b.err == nil {
			b.err = b.from.server.rpc.Call("Stand.Collections", struct{}{}, &b.after.Garbage)
		}
	})
}

// open starts the processes, and connects them.
func (e *entry) open(ctx context.Context, pt part) {
	if pt.clients == 0 || ctx.Err() != nil {
		return
	}
	r, err := newRig(ctx, e.peer, pt.does)
	if err == nil {
		e.rig = r
		_, err = r.connect(ctx, e.peer, pt.does, pt.clients, pt.rooms)
	}
	if err != nil {
		for _, t := range pt.cases {
			e.fail(ctx, t.where, err)
		}
	}
}

func (e *entry) turn(ctx context.Context, t turn) {
	if e.failed || e.enough == t.where || ctx.Err() != nil {
		return
	}
	e.settle()
	began := time.Now()
	if err := e.profiled(ctx, t.where, func() error { return t.run(ctx, e) }); err != nil {
		e.fail(ctx, t.where, err)
	}
	if e.rig != nil && time.Since(began) > max(tooLong, 5*e.scale.time) {
		e.enough = t.where
	}
}

// fail takes the entry out of the part: what is on its way would count as part
// of the next turn.
func (e *entry) fail(ctx context.Context, at where, err error) {
	if ctx.Err() == nil { // else nobody is to blame
		e.out.fail(e.work, e.peer, at, err)
	}
	e.failed = e.rig != nil
}

func (e *entry) add(at where, f Faults, values ...float64) {
	e.out.add(e.work, e.peer, at, f, values)
}

// billLater has pay called with the clocks as they are in a while, or when the
// entry's next turn begins if that is sooner: a peer that puts something off, such
// as acknowledging, pays for it all the same. What comes later is the price of
// being connected, and not of the turn.
func (e *entry) billLater(pay func(after Spent, err error)) {
	b := &bill{from: e.rig, pay: pay}
	b.timer = time.AfterFunc(e.scale.settle, b.read)
	e.bill = b
}

// settle pays the last turn's bill.
func (e *entry) settle() {
	if b := e.bill; b != nil {
		e.bill = nil
		b.timer.Stop()
		b.read()
		b.pay(b.after, b.err)
	}
}

func (e *entry) close() {
	if e.rig != nil {
		e.rig.close()
	}
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
