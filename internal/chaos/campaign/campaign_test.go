package campaign

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEachSeedIsPlayedOnce(t *testing.T) {
	var sum atomic.Uint64
	c := &Campaign{First: 10, Seeds: 200, Workers: 3, Play: func(seed uint64) ([]uint64, error) {
		sum.Add(seed)
		return []uint64{1, seed}, nil
	}}
	c.Run(t.Context())
	require.EqualValues(t, 200, c.Played())
	require.EqualValues(t, (10+209)*100, sum.Load())
	require.Equal(t, []uint64{200, sum.Load()}, c.Met())
	require.Empty(t, c.Failures())
}

func TestTooManyFailuresEndACampaign(t *testing.T) {
	bad := errors.New("bad")
	var out bytes.Buffer
	c := &Campaign{Name: "x", Seeds: 1 << 40, Workers: 1, Progress: &out, Play: func(seed uint64) ([]uint64, error) {
		if seed%2 == 0 {
			return nil, bad
		}
		return nil, nil
	}}
	c.Run(t.Context())
	require.GreaterOrEqual(t, len(c.Failures()), maxFailures)
	require.Contains(t, c.Failures(), Failure{4, bad})
	require.Contains(t, out.String(), "x: seed 4 failed: bad\n")
}

// TestInterruptedCampaign ends with what has been played so far.
func TestInterruptedCampaign(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	c := &Campaign{Seeds: 1 << 60, Workers: 2, Play: func(uint64) ([]uint64, error) {
		cancel()
		return []uint64{1}, nil
	}}
	c.Run(ctx)
	require.Equal(t, []uint64{c.Played()}, c.Met())
	require.LessOrEqual(t, c.Played(), uint64(2*stretch))
}

func TestDropKeepsWhatMatters(t *testing.T) {
	all := make([]int, 1000)
	for i := range all {
		all[i] = i
	}
	fails := func(s []int) bool { return slices.Contains(s, 17) && slices.Contains(s, 800) }
	require.Equal(t, []int{17, 800}, Drop(all, fails))
	require.Len(t, all, 1000)
}
