package reconnect

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// attemptsAt runs a Dialer whose second-longest delays are known, and returns
// when it dialled. The delays are 10, 30 and 60 s, and 80 s from there on.
func attemptsAt(t *testing.T, d *Dialer[*fakeConn], dial func(n int) (*fakeConn, error), use func(context.Context, *fakeConn) error) []time.Duration {
	var at []time.Duration
	start := time.Now()
	d.Rand = func() float64 { return 0.5 }
	d.Policy = Policy{InitialDelay: 20 * time.Second, MaxDelay: 100 * time.Second, Multiplier: 2, MaxAttempts: 3}
	d.Dial = func(context.Context, string) (*fakeConn, error) {
		at = append(at, time.Since(start))
		return dial(len(at))
	}
	require.Error(t, d.Run(t.Context(), use))
	return at
}

func failAlways(int) (*fakeConn, error) { return nil, errLost }

func TestWakeEndsTheDelay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Dialer[*fakeConn]{}
		time.AfterFunc(4*time.Second, d.Wake)
		at := attemptsAt(t, d, failAlways, untilClosed)
		require.Equal(t, []time.Duration{0, 4 * time.Second, 34 * time.Second}, at, "and the backoff keeps its growth")
	})
}

func TestWakeDuringAnAttemptSkipsTheDelayAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Dialer[*fakeConn]{}
		at := attemptsAt(t, d, func(n int) (*fakeConn, error) {
			if n == 1 {
				d.Wake()
				d.Wake() // says the same again
			}
			return nil, errLost
		}, untilClosed)
		require.Equal(t, []time.Duration{0, 0, 30 * time.Second}, at)
	})
}

func TestWakeWhileConnectedDoesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Dialer[*fakeConn]{}
		d.Wake() // not running yet
		at := attemptsAt(t, d, func(n int) (*fakeConn, error) {
			if n == 2 {
				return newFakeConn(), nil
			}
			return nil, errLost
		}, func(context.Context, *fakeConn) error {
			d.Wake()
			return errLost
		})
		require.Equal(t, []time.Duration{0, 10 * time.Second, 40 * time.Second}, at)
	})
}

func TestWakeDoesNotOverruleTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Dialer[*fakeConn]{}
		time.AfterFunc(time.Second, d.Wake)
		at := attemptsAt(t, d, func(n int) (*fakeConn, error) {
			if n == 1 {
				return nil, RetryAfter(time.Minute, time.Minute, nil)
			}
			return nil, errLost
		}, untilClosed)
		require.Equal(t, []time.Duration{0, time.Minute, 70 * time.Second}, at, "nor is it remembered for the next delay")
	})
}
