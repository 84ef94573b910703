package main

import (
	"math/rand/v2"
	"time"
)

// A schedule is when the messages of one client are due in an open loop. It is
// fixed before the first is sent, and knows nothing of what becomes of them: a
// client that waited for slow answers would measure least while the server is at
// its slowest, which is coordinated omission (Gil Tene, "How NOT to Measure
// Latency"; the tool wrk2).
type schedule struct {
	start   time.Duration
	gap     float64 // mean, in nanoseconds
	at      float64 // of the next message, after the start
	poisson bool
	random  *rand.Rand
}

// newSchedule has messages due every gap on average from start on. The first
// comes somewhere within the first gap, so that clients that start together do
// not send together.
func newSchedule(start time.Duration, gap float64, poisson bool, r *rand.Rand) *schedule {
	s := &schedule{start: start, gap: gap, poisson: poisson, random: r}
	s.at = gap * r.Float64()
	if poisson {
		s.at = gap * r.ExpFloat64()
	}
	return s
}

// due is when the next message is due.
func (s *schedule) due() time.Duration { return s.start + time.Duration(s.at) }

// advance goes on to the message after it.
func (s *schedule) advance() {
	if s.poisson {
		s.at += s.gap * s.random.ExpFloat64()
		return
	}
	s.at += s.gap
}
