package main

import (
	"fmt"
	"sync/atomic"
	"time"

	"github.com/longsplice/longsplice/examples/internal/liveline"
)

// A series is the run over time, window by window.
type series struct {
	*load
	every  time.Duration
	points []point // the follower's
	last   atomic.Pointer[point]
	seen   snapshot
}

// A point is one window. Latencies are of what arrived in it, from the time that
// it was due; there are none if nothing did.
type point struct {
	At        float64     `json:"at_s"` // the window's end, from the start of the run
	Latency   *quantities `json:"latency,omitempty"`
	Sent      float64     `json:"sent_per_s"`
	Delivered float64     `json:"delivered_per_s"`
	Connected int64       `json:"connected"`
	Cuts      uint64      `json:"cuts"`
	Resumed   uint64      `json:"resumed"`
	Errors    uint64      `json:"errors"`
}

// A snapshot is the counts at a moment.
type snapshot struct {
	at                                     time.Duration
	sent, delivered, cuts, resumed, errors uint64
}

func newSeries(l *load) *series { return &series{load: l, every: windowOf(l.planned())} }

// windowOf is the length of the windows of a run: there are to be no more than
// 120 of them.
func windowOf(run time.Duration) time.Duration {
	for _, w := range []time.Duration{100, 250, 500, 1000, 2000, 5000, 10_000, 30_000} {
		if w *= time.Millisecond; run <= 120*w {
			return w
		}
	}
	return run / 120
}

// follow takes a point for each window until all is finished, and gives up when
// the sending is over and nothing has arrived for as long as -drain says.
func (s *series) follow(finished <-chan struct{}, giveUp func()) {
	tick := time.NewTicker(s.every)
	defer tick.Stop()
	arrived, since, given := uint64(0), s.now(), false
	for {
		select {
		case <-finished:
			s.take(true)
			return
		case <-tick.C:
			s.take(false)
		}
		if n := s.counts.allDelivered.Load(); n != arrived || s.over.Err() == nil {
			arrived, since = n, s.now()
		}
		if !given && s.now()-since >= s.drain {
			given = true
			giveUp()
		}
	}
}

// take ends a window.
func (s *series) take(last bool) {
	c := &s.counts
	now := snapshot{
		s.now(), c.allSent.Load(), c.allDelivered.Load(), c.cuts.Load(), c.resumed.Load(), c.errors.total(),
	}
	secs := (now.at - s.seen.at).Seconds()
	if secs <= 0 || !last && 2*(now.at-s.seen.at) < s.every {
		return // the window before was too long, and this one would be too short
	}
	p := point{
		At:        now.at.Seconds(),
		Sent:      float64(now.sent-s.seen.sent) / secs,
		Delivered: float64(now.delivered-s.seen.delivered) / secs,
		Connected: c.connected.Load(),
		Cuts:      now.cuts - s.seen.cuts,
		Resumed:   now.resumed - s.seen.resumed,
		Errors:    now.errors - s.seen.errors,
	}
	if h := s.recorder.window(); h.TotalCount() > 0 {
		q := quantitiesOf(h)
		p.Latency = &q
	}
	s.points = append(s.points, p)
	s.last.Store(&p)
	s.seen = now
}

// status says in a line how far the run is.
func (s *series) status() string {
	c := &s.counts
	p := s.last.Load()
	if p == nil {
		p = &point{}
	}
	phase, now := "ramp", s.now()
	switch {
	case s.over.Err() != nil:
		phase = "drain"
	case now >= s.begin():
		phase = "run"
	case s.here.isFull():
		phase = "warm-up"
	}
	text := fmt.Sprintf("%s %.0fs of %.0fs  up %d/%d  %s/s", phase, now.Seconds(), s.planned().Seconds(),
		c.connected.Load(), s.clients, liveline.Count(int64(p.Delivered)))
	if p.Latency != nil {
		text += fmt.Sprintf("  p50 %s p99 %s max %s", milli(p.Latency.P50), milli(p.Latency.P99), milli(p.Latency.Max))
	}
	if s.cut > 0 {
		text += fmt.Sprintf("  cuts %d", c.cuts.Load())
	}
	return text + fmt.Sprintf("  errors %d", c.errors.total())
}
