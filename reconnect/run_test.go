package reconnect

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func refuse(context.Context, string) (*fakeConn, error) { return nil, errLost }

func accept(_ context.Context, target string) (*fakeConn, error) {
	c := newFakeConn()
	c.target = target
	return c, nil
}

func TestNeverGivesUpSilentlyAfterFifteenMinutes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		dials := 0
		d := &Dialer[*fakeConn]{Dial: func(ctx context.Context, target string) (*fakeConn, error) {
			dials++
			switch {
			case dials > 24*60*60:
				return nil, Permanent(errors.New("more than a dial a second"))
			case time.Since(start) < 24*time.Hour:
				return nil, errLost
			}
			return accept(ctx, target)
		}}
		ctx, cancel := context.WithTimeout(t.Context(), 48*time.Hour)
		defer cancel()
		require.NoError(t, d.Run(ctx, func(context.Context, *fakeConn) error { return nil }))
		require.GreaterOrEqual(t, time.Since(start), 24*time.Hour)
		require.Greater(t, dials, 24*60*60/30, "every 30 s or more often, to the end")
	})
}

func TestFlappingLinkDoesNotResetTheBackoff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var delays []time.Duration
		d := &Dialer[*fakeConn]{
			Dial: accept,
			OnState: func(e Event) {
				if e.State == StateReconnecting {
					delays = append(delays, e.Delay)
				}
			},
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		held := 50 * time.Millisecond
		err := d.Run(ctx, func(ctx context.Context, c *fakeConn) error {
			if len(delays) == 30 {
				held = DefaultStableAfter
			} else {
				held = 50 * time.Millisecond
			}
			select {
			case <-time.After(held):
			case <-ctx.Done():
			}
			return errLost
		})
		require.ErrorIs(t, err, context.DeadlineExceeded)
		for i := 12; i < 30; i++ {
			require.GreaterOrEqual(t, delays[i], 18*time.Second, "flap %d", i)
		}
		require.Less(t, delays[30], DefaultInitialDelay, "after a stable connection the backoff is fresh")
		require.GreaterOrEqual(t, slices.Max(delays[31:]), 18*time.Second, "and grows again")
		require.Less(t, len(delays), 300, "in an hour; without backoff 72,000")
	})
}

// The target goes to Dial as it was given, each time, so the name in it is
// resolved each time: here the host has moved when the third attempt asks.
func TestEveryAttemptResolvesAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []string{"192.0.2.1", "192.0.2.1", "192.0.2.9"}
		var asked []string
		d := &Dialer[*fakeConn]{
			Targets: []string{"tcp://chat.example:7777"},
			Dial: func(ctx context.Context, target string) (*fakeConn, error) {
				asked = append(asked, target)
				if address := answers[len(asked)-1]; address != "192.0.2.9" {
					return nil, errLost
				}
				return accept(ctx, target)
			},
		}
		require.NoError(t, d.Run(t.Context(), func(context.Context, *fakeConn) error { return nil }))
		require.Equal(t, slices.Repeat(d.Targets, 3), asked)
	})
}

func TestPermanentErrorEndsRun(t *testing.T) {
	fatal := errors.New("wrong credential")
	t.Run("from Dial", func(t *testing.T) {
		d := &Dialer[*fakeConn]{Dial: func(context.Context, string) (*fakeConn, error) {
			return nil, fmt.Errorf("handshake: %w", Permanent(fatal))
		}}
		err := d.Run(t.Context(), untilClosed)
		require.ErrorIs(t, err, fatal)
		require.EqualError(t, err, "handshake: wrong credential")
		require.Equal(t, CausePermanent, Classify(err))
	})
	t.Run("from use, although the context has ended", func(t *testing.T) {
		var c *fakeConn
		d := &Dialer[*fakeConn]{Dial: accept}
		ctx, cancel := context.WithCancel(t.Context())
		err := d.Run(ctx, func(_ context.Context, conn *fakeConn) error {
			c = conn
			cancel()
			return Permanent(fatal)
		})
		require.ErrorIs(t, err, fatal)
		require.EqualValues(t, 1, c.closes.Load())
	})
}

func TestRunIsDoneWhenUseIs(t *testing.T) {
	var c *fakeConn
	ctx, cancel := context.WithCancel(t.Context())
	d := &Dialer[*fakeConn]{Dial: accept}
	require.NoError(t, d.Run(ctx, func(_ context.Context, conn *fakeConn) error {
		c = conn
		cancel()
		return nil // it finished its work all the same
	}))
	require.EqualValues(t, 1, c.closes.Load())
}

func TestUseContextEndsWithUse(t *testing.T) {
	var inner context.Context
	d := &Dialer[*fakeConn]{Dial: accept}
	require.NoError(t, d.Run(t.Context(), func(ctx context.Context, _ *fakeConn) error {
		inner = ctx
		return ctx.Err()
	}))
	require.Error(t, inner.Err())
}

func TestConnectionIsClosedWhenUsePanics(t *testing.T) {
	var c *fakeConn
	d := &Dialer[*fakeConn]{Dial: accept}
	panics := func(_ context.Context, conn *fakeConn) error { c = conn; panic("use") }
	require.PanicsWithValue(t, "use", func() { _ = d.Run(t.Context(), panics) })
	require.EqualValues(t, 1, c.closes.Load())
	require.NoError(t, d.Run(t.Context(), func(context.Context, *fakeConn) error { return nil }), "the Dialer can run again")
}

func TestGivesUpAtTheLimits(t *testing.T) {
	for limit, policy := range map[string]Policy{
		"MaxAttempts": {MaxAttempts: 5},
		"MaxElapsed":  {MaxElapsed: time.Minute},
	} {
		t.Run(limit, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var last Event
				dials := 0
				d := &Dialer[*fakeConn]{
					Policy:  policy,
					OnState: func(e Event) { last = e },
					Dial: func(context.Context, string) (*fakeConn, error) {
						dials++
						return nil, errLost
					},
				}
				start := time.Now()
				var gaveUp *GaveUpError
				err := d.Run(t.Context(), untilClosed)
				require.ErrorAs(t, err, &gaveUp)
				require.ErrorIs(t, err, errLost)
				require.Equal(t, limit, gaveUp.Limit)
				require.Equal(t, dials, gaveUp.Attempts)
				require.Equal(t, time.Since(start), gaveUp.Elapsed)
				require.Equal(t, Event{State: StateGaveUp, Attempt: dials, Cause: CauseOther, Err: err}, last)
				if limit == "MaxAttempts" {
					require.Equal(t, 5, dials)
				} else {
					require.LessOrEqual(t, gaveUp.Elapsed, time.Minute)
				}
			})
		})
	}
}

func TestRunRefusesWhatCannotWork(t *testing.T) {
	require.ErrorContains(t, (&Dialer[*fakeConn]{}).Run(t.Context(), untilClosed), "Dial is nil")
	d := &Dialer[*fakeConn]{Dial: accept}
	require.ErrorContains(t, d.Run(t.Context(), nil), "is nil")
	require.NoError(t, d.Run(t.Context(), func(context.Context, *fakeConn) error {
		require.ErrorIs(t, d.Run(t.Context(), untilClosed), ErrRunning)
		return nil
	}))
}
