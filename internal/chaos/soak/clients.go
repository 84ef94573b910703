package main

import (
	"context"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// play is what a clients' process does: each of its seats plays one session after
// the other.
func (c *child) play(ctx context.Context, commands <-chan command) {
	ctx, cancel := context.WithCancel(ctx)
	var under atomic.Int64
	var seats, sampler, parent sync.WaitGroup
	parent.Go(func() {
		select {
		case <-commands: // there is none: the parent is gone
			cancel()
		case <-ctx.Done():
		}
	})
	sampling, stop := context.WithCancel(ctx)
	sampler.Go(func() { c.sampling(sampling, func() int { return int(under.Load()) }) })
	for n := c.From; n < c.To; n++ {
		s := &seat{child: c, rng: rand.New(rand.NewPCG(c.Seed+uint64(c.Life)<<32, uint64(n))), under: &under}
		seats.Go(func() { s.play(ctx) })
	}
	seats.Wait()
	stop()
	sampler.Wait()
	cancel()
	parent.Wait()
}

// A seat is a client that comes back with one session after the other.
type seat struct {
	*child
	rng   *rand.Rand
	under *atomic.Int64
}

func (s *seat) play(ctx context.Context) {
	// Not all begin at once.
	sleep(ctx, time.Duration(s.rng.Float64()*float64(s.Pace)))
	for ctx.Err() == nil && !s.books.calm.Load() {
		at := s.books.take(s.From, s.To, s.Life)
		if at < 0 {
			sleep(ctx, s.Pace/10) // the books are behind
			continue
		}
		p := &played{seat: s, told: make(chan struct{}), record: &s.books.records[at], plan: drawPlan(s.rng, s.Rate, s.Rooms, s.Pace)}
		p.plan.Record, p.plan.ID = at, p.id.Load()
		s.under.Add(1)
		p.play(ctx)
		s.under.Add(-1)
		sleep(ctx, time.Duration(s.rng.ExpFloat64()*float64(s.Pace)/4))
	}
}
