package main

import (
	"math"
	"sync/atomic"
	"time"
)

// phases are when what is due begins and ceases to count, in time since the start
// of the run. That is known when all clients are there.
type phases struct{ from, to atomic.Int64 }

func newPhases() *phases {
	p := new(phases)
	p.from.Store(math.MaxInt64)
	p.to.Store(math.MaxInt64)
	return p
}

// set has what is due from then on count for so long. It is called once, before
// that time.
func (p *phases) set(from, length time.Duration) {
	p.to.Store(int64(from + length))
	p.from.Store(int64(from))
}

func (p *phases) begin() time.Duration { return time.Duration(p.from.Load()) }
func (p *phases) end() time.Duration   { return time.Duration(p.to.Load()) }

func (p *phases) counts(due time.Duration) bool { return due >= p.begin() && due < p.end() }

// A muster waits until as many as are expected have come.
type muster struct {
	missing atomic.Int64
	full    chan struct{} // closed when they have
}

func newMuster(n int) *muster {
	m := &muster{full: make(chan struct{})}
	m.missing.Store(int64(n))
	return m
}

// enter takes note of one who was not there before.
func (m *muster) enter() {
	if m.missing.Add(-1) == 0 {
		close(m.full)
	}
}

// isFull reports whether all are, or were, there.
func (m *muster) isFull() bool { return m.missing.Load() <= 0 }
