package reconnect

import (
	"time"

	"github.com/cenkalti/backoff/v4"
)

// drift is how far, as a part of a window, a client's place in its window moves
// from one window to the next.
const drift = 0.25

// spread draws the delays of one outage.
//
// Counted from the loss of the connection, the time of an outage is divided
// into windows that follow each other, each longer than the one before by the
// multiplier. A client dials once in each, at a random place.
// Clients that lost one server at one instant share these windows without
// knowing of each other, so together they dial at an even rate that falls from
// window to window, whenever the server comes back. The usual jitter, which
// draws each delay for itself, does not have that property: clients that drew
// short delays pile up, and stragglers make the window seem long.
//
// The place is uniform in [0, 1), and wanders a little from window to window
// (reflected at the edges, which keeps it uniform), so that two clients that
// happened upon the same instant part again, at the cap too.
type spread struct {
	rand   func() float64
	growth *backoff.ExponentialBackOff
	window time.Duration // the present window; 0 before the first
	place  float64       // of the last attempt in it
}

func newSpread(p Policy, rand func() float64) *spread {
	// From the first quarter of a window to the middle of the next is the
	// longest way that drift allows; this cap keeps it within MaxDelay.
	longest := time.Duration(float64(p.MaxDelay) / (1 + drift))
	return &spread{rand: rand, growth: backoff.NewExponentialBackOff(
		backoff.WithInitialInterval(min(p.InitialDelay, longest)),
		backoff.WithMultiplier(p.Multiplier),
		backoff.WithMaxInterval(longest),
		// Jitter is ours and comes after the cap; giving up is ours as well,
		// and is never decided by the 15 minutes that are the default there.
		backoff.WithRandomizationFactor(0),
		backoff.WithMaxElapsedTime(0),
	)}
}

func (s *spread) next() time.Duration {
	window := s.growth.NextBackOff()
	if s.window == 0 {
		s.window, s.place = window, s.rand()
		return portion(s.place, window)
	}
	rest := portion(1-s.place, s.window)
	s.window, s.place = window, bounce(s.place+drift*(2*s.rand()-1))
	return rest + portion(s.place, window)
}

func portion(part float64, of time.Duration) time.Duration {
	return time.Duration(part * float64(of))
}

func bounce(place float64) float64 {
	if place < 0 {
		return -place
	}
	if place > 1 {
		return 2 - place
	}
	return place
}
