package reconnect

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCancelAtEveryPoint(t *testing.T) {
	cause := errors.New("shutting down")
	polite := func(ctx context.Context, _ *fakeConn) error {
		<-ctx.Done()
		return ctx.Err()
	}
	slow := func(ctx context.Context, target string) (*fakeConn, error) {
		select {
		case <-time.After(5 * time.Second):
			return accept(ctx, target)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
	deaf := func(ctx context.Context, target string) (*fakeConn, error) {
		time.Sleep(5 * time.Second)
		return accept(ctx, target)
	}
	for name, test := range map[string]struct {
		dial func(context.Context, string) (*fakeConn, error)
		use  func(context.Context, *fakeConn) error
	}{
		"dial":                              {slow, polite},
		"dial that is deaf":                 {deaf, polite},
		"delay":                             {refuse, polite},
		"server-directed delay":             {func(context.Context, string) (*fakeConn, error) { return nil, RetryAfter(time.Hour, 2*time.Hour, nil) }, polite},
		"use that watches its context":      {accept, polite},
		"use that watches the connection":   {accept, untilClosed},
		"use that fails for another reason": {accept, func(ctx context.Context, _ *fakeConn) error { <-ctx.Done(); return errLost }},
	} {
		for _, after := range []time.Duration{0, 1, 100 * time.Millisecond, 4999 * time.Millisecond, 5 * time.Second, 5001 * time.Millisecond, time.Minute} {
			t.Run(fmt.Sprint(name, " after ", after), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					var conns []*fakeConn
					var states []State
					d := &Dialer[*fakeConn]{
						OnState: func(e Event) { states = append(states, e.State) },
						Dial: func(ctx context.Context, target string) (*fakeConn, error) {
							c, err := test.dial(ctx, target)
							if c != nil {
								conns = append(conns, c)
							}
							return c, err
						},
					}
					ctx, cancel := context.WithCancelCause(t.Context())
					if after == 0 {
						cancel(cause)
					}
					time.AfterFunc(after, func() { cancel(cause) })
					start := time.Now()
					err := d.Run(ctx, test.use)
					require.ErrorIs(t, err, cause)
					require.ErrorIs(t, err, context.Canceled)
					require.LessOrEqual(t, time.Since(start)-after, 50*time.Millisecond)
					require.Equal(t, StateStopped, states[len(states)-1])

					time.Sleep(10 * time.Second) // for what was left behind
					synctest.Wait()
					for _, c := range conns {
						require.EqualValues(t, 1, c.closes.Load(), "each connection is closed once")
					}
				})
			})
		}
	}
}

// A caller whose patience ended is told what it was that did not work.
func TestEndedContextKeepsTheLastFailureInItsText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		err := (&Dialer[*fakeConn]{Dial: refuse}).Run(ctx, untilClosed)
		require.EqualError(t, err, "reconnect: stopped by the caller: context deadline exceeded (last failure: lost)")
		require.NotErrorIs(t, err, errLost)
	})
}

// A cancelled attempt is not counted against the limits.
func TestCancelIsNotAFailure(t *testing.T) {
	for name, use := range map[string]func(context.Context, *fakeConn) error{"dial": nil, "use": untilClosed} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			var states []State
			d := &Dialer[*fakeConn]{
				Policy: Policy{MaxAttempts: 1},
				Dial: func(ctx context.Context, target string) (*fakeConn, error) {
					if name == "dial" {
						cancel()
						return nil, errLost
					}
					return accept(ctx, target)
				},
				OnState: func(e Event) {
					states = append(states, e.State)
					if e.State == StateConnected {
						cancel()
					}
				},
			}
			err := d.Run(ctx, func(ctx context.Context, c *fakeConn) error { return use(ctx, c) })
			require.ErrorIs(t, err, context.Canceled)
			require.NotContains(t, states, StateGaveUp)
			require.NotContains(t, states, StateReconnecting)
		})
	}
}

func TestConnectionThatComesAfterTheEndIsNotUsed(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := newFakeConn()
	d := &Dialer[*fakeConn]{Dial: func(context.Context, string) (*fakeConn, error) {
		cancel()
		return c, nil
	}}
	err := d.Run(ctx, func(context.Context, *fakeConn) error {
		t.Error("use was called")
		return nil
	})
	require.ErrorIs(t, err, context.Canceled)
	require.EqualValues(t, 1, c.closes.Load())
}
