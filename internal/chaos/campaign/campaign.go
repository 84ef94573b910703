package campaign

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// A Campaign plays many seeds. A seed gives the same run on whichever core it is
// played.
type Campaign struct {
	Name         string // of what is simulated
	First, Seeds uint64
	Workers      int       // seeds that are played at the same time
	Progress     io.Writer // told every two seconds how far it is, and of failures; nil for nobody

	// Play plays a seed. It returns how often the run has met each event that is
	// counted, and the violation if there was one. It is called concurrently.
	Play func(seed uint64) (met []uint64, failed error)

	next   atomic.Uint64
	played atomic.Uint64

	mu     sync.Mutex // covers what follows
	met    []uint64
	failed []Failure
}

// A Failure is a seed that found a violation.
type Failure struct {
	Seed uint64
	Err  error
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
	var met []uint64
	for ctx.Err() == nil {
		from := c.next.Add(stretch) - stretch
		if from >= c.Seeds {
			break
		}
		to := min(from+stretch, c.Seeds)
		for s := c.First + from; s < c.First+to; s++ {
			m, failed := c.Play(s)
			met = add(met, m)
			if failed != nil && c.fail(Failure{s, failed}) >= maxFailures {
				stop()
			}
		}
		c.played.Add(to - from)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.met = add(c.met, met)
}

func add(to, what []uint64) []uint64 {
	if to == nil {
		to = make([]uint64, len(what))
	}
	for i, n := range what {
		to[i] += n
	}
	return to
}

func (c *Campaign) fail(f Failure) int {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.failed = append(c.failed, f)
	if c.Progress != nil {
		fmt.Fprintf(c.Progress, "%s: seed %d failed: %v\n", c.Name, f.Seed, f.Err)
	}
	return len(c.failed)
}

// Played is how many seeds have been.
func (c *Campaign) Played() uint64 { return c.played.Load() }

// Met is how often each event was met, once Run has returned; nil if no seed was
// played.
func (c *Campaign) Met() []uint64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.met
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
		fmt.Fprintf(c.Progress, "%s: %d of %d seeds, %.0f/s, %v to go, %d failed\n",
			c.Name, n, c.Seeds, rate, eta.Round(time.Second), len(c.Failures()))
	}
}
