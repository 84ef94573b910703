package reconnect

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func seeded(seed uint64) func() float64 {
	return rand.New(rand.NewPCG(seed, 1)).Float64
}

// With a client in the middle of every window the growth is plain to see: the
// first delay is half the first window, each other one half of two windows.
func TestDelaysGrowByTheMultiplierUpToTheCap(t *testing.T) {
	middle := func() float64 { return 0.5 }
	s := newSpread(Policy{InitialDelay: 4 * time.Second, MaxDelay: 20 * time.Second, Multiplier: 2}.filled(), middle)
	var got []time.Duration
	for range 5 {
		got = append(got, s.next())
	}
	// The windows are 4, 8, 16, 16, 16 s: the last is 4/5 of MaxDelay.
	require.Equal(t, []time.Duration{2 * time.Second, 6 * time.Second, 12 * time.Second, 16 * time.Second, 16 * time.Second}, got)
}

func TestJitterIsAppliedAfterTheCap(t *testing.T) {
	const clients = 10_000
	policy := Policy{MaxDelay: 30 * time.Second}.filled()
	random := seeded(3)
	delays := make([]time.Duration, clients)
	for i := range delays {
		s := newSpread(policy, random)
		for range 40 { // the cap is reached with the eleventh
			delays[i] = s.next()
		}
	}
	slices.Sort(delays)
	require.LessOrEqual(t, delays[clients-1], policy.MaxDelay)
	require.Less(t, delays[0], 19*time.Second, "the delays at the cap fill the span from 18 s")
	require.Greater(t, delays[clients-1], 29*time.Second, "to 30 s")
	herd := 1
	for i, same := 1, 1; i < clients; i++ {
		if delays[i]-delays[i-same] < time.Millisecond {
			same++
		} else {
			same = 1
		}
		herd = max(herd, same)
	}
	require.Less(t, herd, 20, "clients within one millisecond; 10,000 over 12 s are 0.8")
}

func TestNoDelayExceedsMaxDelay(t *testing.T) {
	for _, policy := range []Policy{
		{},
		{InitialDelay: time.Minute, MaxDelay: time.Second},
		{InitialDelay: time.Second, MaxDelay: time.Second, Multiplier: 1},
		{InitialDelay: 1, MaxDelay: 1},
		{InitialDelay: 1, MaxDelay: 1<<63 - 1, Multiplier: 1e300},
	} {
		t.Run(fmt.Sprint(policy), func(t *testing.T) {
			policy := policy.filled()
			for seed := range uint64(200) {
				s := newSpread(policy, seeded(seed))
				for range 30 {
					d := s.next()
					require.GreaterOrEqual(t, d, time.Duration(0))
					require.LessOrEqual(t, d, policy.MaxDelay)
				}
			}
		})
	}
}

// After the first delay, which may be nothing, no client comes back at once.
func TestLaterDelaysAreNeverShort(t *testing.T) {
	policy := Policy{}.filled()
	for seed := range uint64(1000) {
		s := newSpread(policy, seeded(seed))
		require.Less(t, s.next(), policy.InitialDelay)
		for range 20 {
			window := s.window
			require.GreaterOrEqual(t, s.next(), portion(1-drift, window))
		}
	}
}

func BenchmarkNextDelay(b *testing.B) {
	s := newSpread(Policy{}.filled(), rand.Float64)
	for b.Loop() {
		s.next()
	}
}
