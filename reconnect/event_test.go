package reconnect

import (
	"context"
	"io"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEventsTellTheStoryInOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var story []Event
		directed := RetryAfter(time.Minute, time.Minute, nil)
		dials := []error{errLost, errLost, nil, directed, nil}
		d := &Dialer[*fakeConn]{
			Targets: []string{"a", "b"},
			Rand:    func() float64 { return 0.5 },
			OnState: func(e Event) { story = append(story, e) },
			Dial: func(ctx context.Context, target string) (*fakeConn, error) {
				err := dials[0]
				dials = dials[1:]
				if err != nil {
					return nil, err
				}
				return accept(ctx, target)
			},
		}
		require.NoError(t, d.Run(t.Context(), func(context.Context, *fakeConn) error {
			if len(dials) == 0 {
				return nil
			}
			time.Sleep(time.Minute)
			return io.EOF
		}))
		first := DefaultInitialDelay / 2
		require.Equal(t, []Event{
			{State: StateConnecting, Target: "a", Attempt: 1},
			{State: StateReconnecting, Target: "a", Attempt: 2, Cause: CauseOther, Err: errLost},
			{State: StateConnecting, Target: "b", Attempt: 2},
			{State: StateReconnecting, Target: "b", Attempt: 3, Delay: first, Cause: CauseOther, Err: errLost},
			{State: StateConnecting, Target: "a", Attempt: 3},
			{State: StateConnected, Target: "a", Attempt: 3},
			{State: StateReconnecting, Target: "a", Attempt: 1, Delay: first, Cause: CauseClosed, Err: io.EOF},
			{State: StateConnecting, Target: "a", Attempt: 1},
			{State: StateReconnecting, Target: "a", Attempt: 2, Delay: time.Minute, Cause: CauseDirected, Err: directed},
			{State: StateConnecting, Target: "b", Attempt: 2},
			{State: StateConnected, Target: "b", Attempt: 2},
			{State: StateStopped, Target: "b", Attempt: 2},
		}, story)
	})
}

func TestShuffleKeepsTheTargetsAndTheCallersOrder(t *testing.T) {
	targets := []string{"a", "b", "c", "d", "e"}
	firsts := map[string]int{}
	for seed := range uint64(500) {
		var tried []string
		d := &Dialer[*fakeConn]{
			Targets: targets, Shuffle: true, Rand: seeded(seed), Policy: Policy{MaxAttempts: 5},
			Dial: func(_ context.Context, target string) (*fakeConn, error) {
				tried = append(tried, target)
				return nil, errLost
			},
		}
		require.Error(t, d.Run(t.Context(), untilClosed))
		firsts[tried[0]]++
		slices.Sort(tried)
		require.Equal(t, []string{"a", "b", "c", "d", "e"}, tried)
	}
	require.Equal(t, []string{"a", "b", "c", "d", "e"}, targets)
	for _, target := range targets {
		require.InDelta(t, 100, firsts[target], 40, target)
	}
}
