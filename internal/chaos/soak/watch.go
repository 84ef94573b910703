package main

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// A point is what the whole run has come to at a time.
type point struct {
	at         time.Time
	sessions   int
	delivered  uint64
	begun      uint64
	resumed    uint64
	faults     int
	p50, p99   time.Duration // of messages since the point before
	throughput float64       // messages a second, since the point before
}

// history is all points.
type history struct {
	mu  sync.Mutex
	all []point
}

func (h *history) add(p point) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.all = append(h.all, p)
}

func (h *history) list() []point {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.all[:len(h.all):len(h.all)]
}

// watch takes down how the run goes, goes through its books, and shows both.
func (r *run) watch(ctx context.Context) {
	sampling := time.NewTicker(sampleEvery(r.length))
	every := max(r.pace/10, 50*time.Millisecond)
	auditing := time.NewTicker(every)
	audited := time.Now()
	showing := newShow(r.out)
	defer sampling.Stop()
	defer auditing.Stop()
	defer showing.stop()
	var before counts
	last := point{at: time.Now()}
	for {
		select {
		case <-sampling.C:
			r.own.add(takeSample())
			now := r.books.latencies.counts()
			p := r.point(last, now.since(before))
			before, last = now, p
			r.history.add(p)
		case <-auditing.C:
			r.late.Store(max(r.late.Load(), int64(time.Since(audited)-every)))
			audited = time.Now()
			r.auditor.pass(false)
		case <-showing.tick.C:
			showing.show(r.progress(last))
		case <-ctx.Done():
			return
		}
	}
}

func (r *run) point(last point, c counts) point {
	b := r.books
	p := point{
		at: time.Now(), delivered: b.delivered.Load(), begun: b.begun.Load(), resumed: b.resumed.Load(),
		p50: c.quantile(0.5), p99: c.quantile(0.99),
	}
	for _, process := range r.clients {
		if all := process.samples.list(); len(all) > 0 {
			p.sessions += all[len(all)-1].Sessions
		}
	}
	marks, _ := r.struck.list()
	p.faults = len(marks)
	p.throughput = float64(p.delivered-last.delivered) / p.at.Sub(last.at).Seconds()
	return p
}

// progress is one line for people.
func (r *run) progress(p point) string {
	f := r.auditor.total()
	return fmt.Sprintf("lost=%d duplicated=%d reordered=%d  %v  %d playing  %d faults  %d resumed  %.0f/s  %d sessions, %d messages so far",
		f.Lost, f.Duplicated, f.Reordered, time.Since(r.began).Round(time.Second), p.sessions, p.faults,
		r.books.resumed.Load(), p.throughput, r.books.begun.Load(), r.books.delivered.Load())
}
