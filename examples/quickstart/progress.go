package main

import (
	"fmt"
	"time"

	"github.com/longsplice/longsplice/examples/internal/liveline"
)

// patience is how long nothing may arrive before a run is given up as stuck.
const patience = time.Minute

// status returns a function that says in a line how far the run is.
func (r *rig) status() func() string {
	began := time.Now()
	return func() string {
		messages, bytes := r.delivered()
		return fmt.Sprintf("sent %s  delivered %s/%s  cuts %d/%d  resumed %d  %s/s",
			liveline.Count(r.up.sent.Load()+r.down.sent.Load()),
			liveline.Count(messages), liveline.Count(2*r.options.messages),
			r.proxy.Stats().Cuts, r.options.cuts, r.resumed.Load(),
			liveline.Bytes(float64(bytes)/time.Since(began).Seconds()))
	}
}

// delivered is what has arrived in both directions.
func (r *rig) delivered() (messages uint64, bytes int64) {
	up, upBytes, _ := r.up.tally.soFar()
	down, downBytes, _ := r.down.tally.soFar()
	return up + down, upBytes + downBytes
}

// watch fails a run in which nothing arrives any more, until the function that
// it returns is called.
func (r *rig) watch(fail func(error)) (stop func()) {
	quit, gone := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(gone)
		tick := time.NewTicker(patience)
		defer tick.Stop()
		for before := uint64(0); ; {
			select {
			case <-quit:
				return
			case <-tick.C:
			}
			now, _ := r.delivered()
			if now == before {
				fail(fmt.Errorf("nothing has arrived for %v", patience))
				return
			}
			before = now
		}
	}()
	return func() { close(quit); <-gone }
}
