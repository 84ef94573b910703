package reconnect

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime/pprof"
	"time"
)

const (
	// A Dial that respects its context is given this long to return after the
	// context ended, so that nothing of it outlives Run.
	dialGrace = 25 * time.Millisecond

	// maxAbandoned bounds the goroutines that a Dial which never returns can
	// pile up.
	maxAbandoned = 16
)

var (
	errNoConnection = errors.New("reconnect: Dial returned neither a connection nor an error")
	errAllHanging   = fmt.Errorf("reconnect: %d calls of Dial ignored the end of their context and have not returned", maxAbandoned)
)

// dialerLabel tells in a profile what a goroutine is for that calls Dial. What
// Run's context has of labels is kept beside it.
var dialerLabel = pprof.Labels("longsplice", "dialer")

type dialed[C io.Closer] struct {
	conn C
	err  error
}

// attempter calls Dial where it can be left behind.
type attempter[C io.Closer] struct {
	dial    func(context.Context, string) (C, error)
	timeout time.Duration // 0: none
	calls   chan struct{} // a place for each call that has not returned
}

func newAttempter[C io.Closer](dial func(context.Context, string) (C, error), timeout time.Duration) *attempter[C] {
	switch {
	case timeout == 0:
		timeout = DefaultDialTimeout
	case timeout < 0:
		timeout = 0
	}
	return &attempter[C]{dial: dial, timeout: timeout, calls: make(chan struct{}, maxAbandoned)}
}

// attempt calls Dial once and returns what it returns, or an error soon after
// ctx or the time for the attempt ended. The goroutine of an abandoned call ends
// when Dial returns, after closing what it brought.
func (a *attempter[C]) attempt(ctx context.Context, target string) (C, error) {
	var none C
	ctx, cancel := a.limit(ctx)
	defer cancel()

	select {
	case a.calls <- struct{}{}:
	default:
		return none, errAllHanging
	}
	results := make(chan dialed[C])
	abandoned := make(chan struct{})
	go func() {
		defer func() { <-a.calls }()
		ctx := pprof.WithLabels(ctx, dialerLabel)
		pprof.SetGoroutineLabels(ctx)
		conn, err := a.dial(ctx, target)
		select {
		case results <- dialed[C]{conn, err}:
		case <-abandoned:
			if err == nil && any(conn) != nil {
				_ = conn.Close() // nobody is left to be told
			}
		}
	}()

	select {
	case r := <-results:
		return r.conn, r.check()
	case <-ctx.Done():
	}
	grace := time.NewTimer(dialGrace)
	defer grace.Stop()
	select {
	case r := <-results:
		return r.conn, r.check()
	case <-grace.C:
		close(abandoned)
		return none, fmt.Errorf("reconnect: Dial did not return: %w", ctx.Err())
	}
}

func (a *attempter[C]) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	if a.timeout == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, a.timeout)
}

func (r dialed[C]) check() error {
	if r.err == nil && any(r.conn) == nil {
		return Permanent(errNoConnection)
	}
	return r.err
}
