package reconnect

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHangingDialIsAbandonedOnCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		d := &Dialer[*fakeConn]{Dial: func(context.Context, string) (*fakeConn, error) {
			<-release // deaf to its context
			return nil, errLost
		}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		start := time.Now()
		err := d.Run(ctx, untilClosed)
		require.ErrorIs(t, err, context.Canceled)
		require.LessOrEqual(t, time.Since(start)-time.Second, 50*time.Millisecond)
		close(release) // the bubble ends only if the goroutine does
	})
}

func TestLateDialResultIsClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		late := newFakeConn()
		d := &Dialer[*fakeConn]{
			DialTimeout: time.Second,
			Policy:      Policy{MaxAttempts: 1},
			Dial: func(context.Context, string) (*fakeConn, error) {
				time.Sleep(5 * time.Second) // deaf to its context
				return late, nil
			},
		}
		start := time.Now()
		err := d.Run(t.Context(), untilClosed)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, CauseTimeout, Classify(err))
		require.Equal(t, time.Second+dialGrace, time.Since(start))
		require.Zero(t, late.closes.Load())
		time.Sleep(4 * time.Second)
		synctest.Wait()
		require.EqualValues(t, 1, late.closes.Load())
	})
}

// A Dial that obeys its context has ended when Run has.
func TestObedientDialDoesNotOutliveRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		returned := false
		d := &Dialer[*fakeConn]{Dial: func(ctx context.Context, _ string) (*fakeConn, error) {
			<-ctx.Done()
			time.Sleep(dialGrace / 2)
			returned = true
			return nil, ctx.Err()
		}}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.ErrorIs(t, d.Run(ctx, untilClosed), context.DeadlineExceeded)
		require.True(t, returned)
	})
}

func TestDialTimeout(t *testing.T) {
	for name, test := range map[string]struct{ set, want time.Duration }{
		"default":  {0, DefaultDialTimeout},
		"set":      {3 * time.Second, 3 * time.Second},
		"negative": {-1, time.Hour}, // until the caller's own
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				d := &Dialer[*fakeConn]{DialTimeout: test.set, Policy: Policy{MaxAttempts: 1},
					Dial: func(ctx context.Context, _ string) (*fakeConn, error) {
						<-ctx.Done()
						return nil, ctx.Err()
					}}
				ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
				defer cancel()
				start := time.Now()
				require.ErrorIs(t, d.Run(ctx, untilClosed), context.DeadlineExceeded)
				require.Equal(t, test.want, time.Since(start))
			})
		})
	}
}

func TestDeafDialsDoNotPileUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		calls := make(chan struct{}, 1000)
		d := &Dialer[*fakeConn]{
			DialTimeout: time.Second,
			Policy:      Policy{MaxAttempts: 100},
			Dial: func(context.Context, string) (*fakeConn, error) {
				calls <- struct{}{}
				<-release
				return nil, errLost
			},
		}
		require.ErrorIs(t, d.Run(t.Context(), untilClosed), errAllHanging)
		require.Len(t, calls, maxAbandoned)
		close(release)
	})
}

func TestDialThatReturnsNothingIsAProgrammersMistake(t *testing.T) {
	d := &Dialer[interface{ Close() error }]{Dial: func(context.Context, string) (interface{ Close() error }, error) {
		return nil, nil
	}}
	err := d.Run(t.Context(), func(context.Context, interface{ Close() error }) error { return nil })
	require.ErrorIs(t, err, errNoConnection)
}

// The context of an attempt ends with it, also when it succeeded.
func TestDialContextEndsWithTheAttempt(t *testing.T) {
	var dialCtx context.Context
	d := &Dialer[*fakeConn]{Dial: func(ctx context.Context, _ string) (*fakeConn, error) {
		dialCtx = ctx
		return newFakeConn(), ctx.Err()
	}}
	require.NoError(t, d.Run(t.Context(), func(ctx context.Context, _ *fakeConn) error {
		require.Error(t, dialCtx.Err())
		return ctx.Err()
	}))
}
