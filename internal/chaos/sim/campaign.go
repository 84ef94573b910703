package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// A Campaign plays many seeds on many cores. A seed gives the same run on
// whichever core it is played.
type Campaign struct {
	First, Seeds uint64
	Workers      int
	Progress     io.Writer // told every two seconds how far it is, and of failures; nil for nobody

	next   atomic.Uint64
	played atomic.Uint64

	mu     sync.Mutex // covers what follows
	met    tally
	failed []Failure
}

// A Failure is a seed that found a violation.
type Failure struct {
	Seed     uint64
	Schedule *Schedule
	Err      error
}

// maxFailures is how many of them a campaign bears before it ends.
const maxFailures = 20

// Run plays the seeds, until ctx ends or too many have failed.
func (c *Campaign) Run(ctx context.Context) {
	began := time.Now()
	ctx, stop := context.WithCancel(ctx)
	var workers sync.WaitGroup
	for range c.Workers {
		workers.Go(func() { c.work(ctx, stop) })
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		c.report(ctx, began)
	}()
	workers.Wait()
	stop()
	<-done
}

// stretch is how many seeds a worker takes at a time.
const stretch = 64

func (c *Campaign) work(ctx context.Context, stop func()) {
	var met tally
	for ctx.Err() == nil {
		from := c.next.Add(stretch) - stretch
		if from >= c.Seeds {
			break
		}
		to := min(from+stretch, c.Seeds)
		for s := c.First + from; s < c.First+to; s++ {
			schedule, r := PlaySeed(s, nil)
			met.add(&r.Met)
			if r.Failed != nil && c.fail(Failure{s, schedule, r.Failed}) >= maxFailures {
				stop()
			}
		}
		c.played.Add(to - from)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.met.add(&met)
}

func (c *Campaign) fail(f Failure) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = append(c.failed, f)
	if c.Progress != nil {
		fmt.Fprintf(c.Progress, "seed %d failed: %v\n", f.Seed, f.Err)
	}
	return len(c.failed)
}

// Failures are those so far.
func (c *Campaign) Failures() []Failure {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.failed[:len(c.failed):len(c.failed)]
}

// report tells how far the campaign is, until it is over.
func (c *Campaign) report(ctx context.Context, began time.Time) {
	if c.Progress == nil {
		return
	}
	tick := time.NewTicker(2 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		n, took := c.played.Load(), time.Since(began)
		rate := float64(n) / took.Seconds()
		eta := time.Duration(float64(c.Seeds-n) / max(rate, 1) * float64(time.Second))
		fmt.Fprintf(c.Progress, "%d of %d seeds, %.0f/s, %v to go, %d failed\n",
			n, c.Seeds, rate, eta.Round(time.Second), len(c.Failures()))
	}
}
