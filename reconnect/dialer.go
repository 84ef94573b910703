package reconnect

import (
	"context"
	"errors"
	"io"
	"sync"
	"sync/atomic"
	"time"
)

// DefaultDialTimeout limits one call of Dial when [Dialer.DialTimeout] is zero.
const DefaultDialTimeout = 10 * time.Second

// ErrRunning is returned by [Dialer.Run] when the same Dialer is already
// running. It is the caller's mistake; the Run under way is not disturbed.
var ErrRunning = errors.New("reconnect: this Dialer is already running")

// A Dialer keeps one connection alive: it dials, hands the connection to the
// caller, closes it when the caller is done with it, and dials again.
//
// Fill in the fields before Run and leave them alone while it runs. A Dialer
// keeps one connection at a time and must not be copied after its first use.
type Dialer[C io.Closer] struct {
	// Dial makes one connection. It must be set. The target is the string
	// from Targets as it stands there: names are resolved by Dial, anew for
	// each attempt, and never remembered by the Dialer.
	//
	// The context ends with the attempt (after DialTimeout, when Run is
	// cancelled, or as soon as Dial has returned), so a connection must not
	// depend on it. A Dial that ignores its context is left behind, and what
	// it returns late is closed. Dial is never called twice at once, unless
	// such a call was left behind.
	//
	// An error means: try again later. See [Permanent] and [RetryAfter] for
	// the exceptions. To put a circuit breaker in front, wrap this function.
	Dial func(ctx context.Context, target string) (C, error)

	// Targets are tried in this order, from the last one that held a stable
	// connection onwards. Within a round of all targets the next follows the
	// one that failed without delay; the delay lies between rounds. Empty
	// means one target, the empty string.
	Targets []string

	// Shuffle puts the targets in random order once, when Run begins, so that
	// a fleet with one list does not gather on its first entry.
	Shuffle bool

	// DialTimeout limits one call of Dial. Zero means [DefaultDialTimeout],
	// negative no limit.
	DialTimeout time.Duration

	// Policy says how long to wait and when to give up. The zero Policy
	// retries for ever.
	Policy Policy

	// OnState, if not nil, is told each change of state: in order, never
	// concurrently, with no lock held, from the goroutine that called Run,
	// which waits for it to return. It may call Wake.
	OnState func(Event)

	// Rand returns a uniform random number in [0, 1); nil means
	// [math/rand/v2.Float64]. It is called only from the goroutine that called Run.
	// A test or a simulation sets it to have the same delays each time.
	Rand func() float64

	running  atomic.Bool
	wakeOnce sync.Once
	wake     chan struct{}
}

// Run dials and calls use with the connection, and does so again each time the
// connection is lost, until it is told to stop. The context that use is given
// ends when use returns or ctx ends.
//
// Each connection is closed exactly once: when use has returned, or at once when
// ctx ends, while use still runs. Close must allow that, as net.Conn does, and
// must not block; its error is not reported. A use that wants to say goodbye on
// the connection gives Run a context that ends later, and returns nil.
//
// What use returns decides how it goes on:
//
//   - nil: the work is done. Run returns nil.
//   - an error: the connection is lost. Run dials again.
//   - [Permanent]: Run returns that error.
//   - [RetryAfter]: the server said when to come back. Run does.
//
// The errors of Dial are understood in the same way. Run returns nil only if
// use did. Otherwise the error is a [*GaveUpError] when a limit of Policy was
// reached, the error that was marked Permanent, one that matches both ctx.Err()
// and [context.Cause] when ctx ended, or [ErrRunning]. Nil from use and an error
// marked Permanent are deliberate, and hold although ctx has ended as well.
//
// When ctx ends, Run does not wait for Dial longer than 25 ms, but it does wait
// for use. Closing the connection ends a use that is blocked reading from it;
// one that watches neither the connection nor its context holds up Run.
func (d *Dialer[C]) Run(ctx context.Context, use func(ctx context.Context, c C) error) error {
	switch {
	case d.Dial == nil:
		return errors.New("reconnect: Dialer.Dial is nil")
	case use == nil:
		return errors.New("reconnect: the function to use the connection is nil")
	case !d.running.CompareAndSwap(false, true):
		return ErrRunning
	}
	defer d.running.Store(false)
	return d.newRun(use).loop(ctx)
}

// Wake ends the present delay, for a caller that learnt that the network is
// back. While an attempt is under way, the delay after it is skipped; while
// connected, or when Run is not running, Wake does nothing. The backoff keeps
// its growth, and a wait that the server asked for ([RetryAfter]) is kept: the
// caller knows about the network, the server about itself. Wake never blocks
// and may be called from any goroutine.
func (d *Dialer[C]) Wake() {
	select {
	case d.waker() <- struct{}{}:
	default:
	}
}

func (d *Dialer[C]) waker() chan struct{} {
	d.wakeOnce.Do(func() { d.wake = make(chan struct{}, 1) })
	return d.wake
}
