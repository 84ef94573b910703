package reconnect

import "time"

// Defaults of [Policy].
const (
	DefaultInitialDelay = 500 * time.Millisecond
	DefaultMaxDelay     = 30 * time.Second
	DefaultMultiplier   = 1.6
	DefaultStableAfter  = 10 * time.Second
)

// A Policy says how long to wait between attempts and when to give up. The zero
// value means the defaults, which never give up.
//
// All of it is counted for one outage. An outage begins when Run begins or a
// stable connection is lost, and ends when a connection has become stable.
type Policy struct {
	// InitialDelay is the longest delay before the first retry of an outage,
	// which is drawn from [0, InitialDelay): n clients that lose one server
	// dial at a rate of n/InitialDelay, so a large fleet may want seconds
	// here. Zero or negative means [DefaultInitialDelay]. It is cut down to
	// 4/5 of MaxDelay, and to MaxElapsed.
	InitialDelay time.Duration

	// MaxDelay is the longest delay. When the backoff has grown to its end
	// the delays lie between 3/5 of MaxDelay and MaxDelay, 4/5 on average:
	// the jitter comes after the cap, and only chance makes two delays alike.
	// Zero or negative means [DefaultMaxDelay].
	MaxDelay time.Duration

	// Multiplier is the growth of the delay, on average, from one to the next;
	// 1 keeps it constant. Less than 1 or not a number means
	// [DefaultMultiplier]. More than 1.6 gains little and spreads a fleet's
	// return less evenly (see the package documentation).
	Multiplier float64

	// StableAfter is how long a connection must have lived for its loss to
	// begin a new outage. One that is lost sooner counts as a failed attempt,
	// and the backoff keeps growing. Zero means [DefaultStableAfter], negative
	// that every connection is stable at once.
	StableAfter time.Duration

	// MaxAttempts is the number of calls of Dial in one outage, over all
	// targets, after which Run gives up. Zero or negative means no limit.
	MaxAttempts int

	// MaxElapsed is the length of an outage after which Run gives up. It is
	// judged when an attempt has failed: Run gives up at once if the delay
	// that would follow ends later, and does not cut short an attempt under
	// way. Zero or negative means no limit.
	MaxElapsed time.Duration
}

// filled returns p with its defaults in place of what was left out.
func (p Policy) filled() Policy {
	if p.MaxDelay <= 0 {
		p.MaxDelay = DefaultMaxDelay
	}
	if p.InitialDelay <= 0 {
		p.InitialDelay = DefaultInitialDelay
	}
	if p.MaxElapsed > 0 {
		// The first delay must leave room for the attempt that it is for.
		p.InitialDelay = min(p.InitialDelay, p.MaxElapsed)
	}
	if !(p.Multiplier >= 1) { // written so that NaN is caught
		p.Multiplier = DefaultMultiplier
	}
	if p.StableAfter == 0 {
		p.StableAfter = DefaultStableAfter
	}
	return p
}
