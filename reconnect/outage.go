package reconnect

import (
	"errors"
	"time"
)

// outage is the decisions of a Dialer without its goroutines, clock and
// sockets: it is told what happened and when, and answers what to do next.
//
//	attempt ──► connected ──► failed ──► attempt …
//	   └──────────────────────►┘ └──► limit reached
type outage struct {
	policy  Policy // defaults filled in
	targets int
	rand    func() float64

	began    time.Time // of this outage
	attempts int       // in this outage
	delays   *spread   // nil until the outage needs its first delay

	target int       // tried last, or being tried
	failed int       // targets that failed in this round
	up     time.Time // when the present connection began; zero without one
}

func newOutage(p Policy, targets int, now time.Time, rand func() float64) *outage {
	return &outage{policy: p.filled(), targets: targets, rand: rand, began: now}
}

// attempt begins one and returns its number in this outage and its target.
func (o *outage) attempt() (number, target int) {
	o.attempts++
	return o.attempts, o.target
}

// connected notes that the attempt succeeded. Only its duration will tell
// whether the outage is over.
func (o *outage) connected(now time.Time) { o.up = now }

// A verdict says what follows a failure: an attempt after delay, or the end
// because of limit.
type verdict struct {
	delay    time.Duration
	directed bool   // the server chose the delay
	limit    string // the field of Policy that was reached, or empty
	elapsed  time.Duration
}

// lost notes that the attempt failed or its connection was lost.
func (o *outage) lost(now time.Time, err error) verdict {
	stable := !o.up.IsZero() && now.Sub(o.up) >= o.policy.StableAfter
	o.up = time.Time{}
	if stable {
		o.began, o.attempts, o.delays, o.failed = now, 0, nil, 0
	} else {
		o.failed++
		o.target = (o.target + 1) % o.targets
	}

	v := verdict{elapsed: now.Sub(o.began)}
	if o.policy.MaxAttempts > 0 && o.attempts >= o.policy.MaxAttempts {
		v.limit = "MaxAttempts"
		return v
	}
	v.delay, v.directed = o.delay(stable, err)
	if o.policy.MaxElapsed > 0 && v.delay > o.policy.MaxElapsed-v.elapsed {
		v.limit = "MaxElapsed"
	}
	return v
}

// delay is nothing within a round of targets, and otherwise the next of the
// backoff; the server's word goes before both.
func (o *outage) delay(stable bool, err error) (d time.Duration, directed bool) {
	roundOver := stable || o.failed >= o.targets
	if roundOver {
		o.failed = 0
	}
	var after *retryAfterError
	if errors.As(err, &after) && after.max > 0 {
		return after.min + portion(o.rand(), after.max-after.min), true
	}
	if !roundOver {
		return 0, false
	}
	if o.delays == nil {
		o.delays = newSpread(o.policy, o.rand)
	}
	return o.delays.next(), false
}
