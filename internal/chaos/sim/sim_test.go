package main

import (
	"flag"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

var (
	seed  = flag.Uint64("seed", 0, "play this seed alone, with a trace")
	seeds = flag.Uint64("seeds", 20_000, "number of seeds to play")
)

// TestTheCoreKeepsItsPromise plays schedules of cuts, stale and racing dials,
// lost answers, slow applications, closing ends, expiries and restarts.
func TestTheCoreKeepsItsPromise(t *testing.T) {
	if *seed != 0 {
		_, err := run(*seed, t.Logf)
		require.NoError(t, err)
		return
	}
	n := *seeds
	if testing.Short() {
		n /= 10
	}
	var total counts
	for s := uint64(1); s <= n; s++ {
		c, err := run(s, nil)
		require.NoError(t, err, "replay with: go test ./internal/chaos/sim -seed=%d -v", s)
		total.add(c)
	}
	t.Logf("%d seeds: %+v", n, total)
	require.NotZero(t, total.Resumes, "the adversary was idle")
	require.NotZero(t, total.Delivered)
	require.NotZero(t, total.Stale)
	require.NotZero(t, total.Lost)
	require.NotZero(t, total.Closed)
	require.NotZero(t, total.Restarts)
}

// TestASeedIsASchedule shows that a seed that failed can be replayed.
func TestASeedIsASchedule(t *testing.T) {
	for s := uint64(1); s <= 50; s++ {
		var first, second []string
		_, _ = run(s, func(f string, a ...any) { first = append(first, fmt.Sprintf(f, a...)) })
		_, _ = run(s, func(f string, a ...any) { second = append(second, fmt.Sprintf(f, a...)) })
		require.NotEmpty(t, first)
		require.Equal(t, first, second)
	}
}
