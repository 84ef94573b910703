package reconnect

import (
	"errors"
	"fmt"
	"time"
)

// Permanent marks err as one that no retry can mend (a refused credential, a
// version that is not spoken). Returned by Dial or use it ends Run, which
// returns it. The mark does not change the message, and errors.Is and errors.As
// see through it. Permanent(nil) is nil.
func Permanent(err error) error {
	if err == nil {
		return nil
	}
	return &permanentError{err}
}

type permanentError struct{ err error }

func (e *permanentError) Error() string { return e.err.Error() }
func (e *permanentError) Unwrap() error { return e.err }

// RetryAfter marks err as an answer of the server that says when to come back.
// Returned by Dial or use it makes Run wait until a uniformly random instant
// between min and max from now, in place of the delay that would have followed,
// and leaves the backoff as it is. A server that sends many clients away spares
// itself their return at one instant by giving a wide span.
//
// A negative min means zero, a max below min means min. If both are zero the
// server named no time, and the usual delay follows. A nil err means a message
// that says just that. errors.Is and errors.As see through the mark.
func RetryAfter(min, max time.Duration, err error) error {
	if err == nil {
		err = errComeBack
	}
	if min < 0 {
		min = 0
	}
	if max < min {
		max = min
	}
	return &retryAfterError{min: min, max: max, err: err}
}

var errComeBack = errors.New("reconnect: the server asked to come back later")

type retryAfterError struct {
	min, max time.Duration
	err      error
}

func (e *retryAfterError) Error() string { return e.err.Error() }
func (e *retryAfterError) Unwrap() error { return e.err }

// A GaveUpError is returned by [Dialer.Run] when an outage reached a limit of
// [Policy]. It unwraps to the last failure.
type GaveUpError struct {
	Limit    string        // the field of Policy that was reached: "MaxAttempts" or "MaxElapsed"
	Attempts int           // calls of Dial in this outage
	Elapsed  time.Duration // length of the outage
	Target   string        // the target that failed last
	Err      error         // how it failed
}

func (e *GaveUpError) Error() string {
	return fmt.Sprintf("reconnect: gave up at the limit %s, after %d attempts in %v: %v",
		e.Limit, e.Attempts, e.Elapsed.Round(time.Millisecond), e.Err)
}

func (e *GaveUpError) Unwrap() error { return e.Err }

// endedError says that the caller's context ended, and keeps in its text the
// failure that was being mended, which a bare "deadline exceeded" would hide.
type endedError struct {
	err, cause error // ctx.Err() and context.Cause(ctx)
	last       error // may be nil
}

func (e *endedError) Error() string {
	if e.last == nil {
		return fmt.Sprintf("reconnect: stopped by the caller: %v", e.cause)
	}
	return fmt.Sprintf("reconnect: stopped by the caller: %v (last failure: %v)", e.cause, e.last)
}

func (e *endedError) Unwrap() []error { return []error{e.err, e.cause} }
