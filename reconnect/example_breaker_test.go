package reconnect_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/longsplice/longsplice/reconnect"
)

type dialFunc func(ctx context.Context, target string) (*session, error)

// breaker stops dialling after some failures in a row, and lets one call
// through when it has cooled down. It may be shared by many Dialers.
type breaker struct {
	failuresToOpen int
	coolDown       time.Duration

	mu        sync.Mutex
	failures  int
	openUntil time.Time
}

var errOpen = errors.New("circuit breaker is open")

func (b *breaker) wrap(dial dialFunc) dialFunc {
	return func(ctx context.Context, target string) (*session, error) {
		if rest := b.rest(); rest > 0 {
			// Not the usual delay: there is no sense in trying sooner. The
			// span keeps those that share the breaker apart.
			return nil, reconnect.RetryAfter(rest, rest+b.coolDown, errOpen)
		}
		s, err := dial(ctx, target)
		b.note(err)
		return s, err
	}
}

func (b *breaker) rest() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return time.Until(b.openUntil)
}

func (b *breaker) note(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if err == nil {
		b.failures = 0
		return
	}
	if b.failures++; b.failures >= b.failuresToOpen {
		b.openUntil = time.Now().Add(b.coolDown)
	}
}

// A circuit breaker goes around Dial.
func ExampleDialer_circuitBreaker() {
	dials := 0
	dial := func(context.Context, string) (*session, error) {
		if dials++; dials <= 2 {
			return nil, errors.New("overloaded")
		}
		return &session{}, nil
	}
	b := &breaker{failuresToOpen: 2, coolDown: 100 * time.Millisecond}
	d := &reconnect.Dialer[*session]{
		Dial:   b.wrap(dial),
		Policy: reconnect.Policy{InitialDelay: time.Microsecond},
		OnState: func(e reconnect.Event) {
			if e.Err != nil {
				fmt.Println(e.Cause, e.Err)
			}
		},
	}
	err := d.Run(context.Background(), func(context.Context, *session) error { return nil })
	fmt.Println("dials:", dials, "err:", err)
	// Output:
	// other overloaded
	// other overloaded
	// directed circuit breaker is open
	// dials: 3 err: <nil>
}
