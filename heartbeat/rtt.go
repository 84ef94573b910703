package heartbeat

import "time"

// The bounds of RFC 6298, sections 2.1, 2.4 and 2.5.
const (
	initialRTO  = time.Second
	leastRTO    = time.Second
	greatestRTO = 60 * time.Second
)

// estimate is the round-trip estimator of RFC 6298. Its zero value has seen nothing.
type estimate struct {
	smooth, variation time.Duration
}

// add takes one measurement. The caller keeps Karn's rule: none from a ping that was repeated.
func (e *estimate) add(r time.Duration) {
	// A smoothed value of zero means unmeasured, and a coarse or virtual clock can measure zero.
	r = max(r, 1)
	if e.smooth == 0 {
		e.smooth, e.variation = r, r/2
		return
	}
	e.variation += ((e.smooth - r).Abs() - e.variation) / 4
	e.smooth = max(e.smooth+(r-e.smooth)/8, 1)
}

// bound is what an answer hardly ever exceeds, or 0 before the first measurement.
func (e *estimate) bound() time.Duration { return e.smooth + 4*e.variation }

func (e *estimate) rto() time.Duration {
	if e.smooth == 0 {
		return initialRTO
	}
	return min(max(e.bound(), leastRTO), greatestRTO)
}
