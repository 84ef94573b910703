package heartbeat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFirstPingsAreSpread(t *testing.T) {
	const links = 1000
	var buckets [10]int
	for seed := range uint64(links) {
		d := start(nil, seed) // neighbouring seeds are the worst case
		first := d.run(31 * time.Second)[0]
		wait := first.at - time.Hour
		require.Greater(t, wait, 15*time.Second)
		require.LessOrEqual(t, wait, 30*time.Second)
		buckets[min((wait-15*time.Second)/(1500*time.Millisecond), 9)]++
	}
	for i, n := range buckets {
		require.InDelta(t, links/10, n, 40, "tenth %d", i)
	}
}

func TestLaterPingsDrift(t *testing.T) {
	// Two links whose pings coincide part, and no ping is later than the interval.
	d := start(nil, 3)
	d.answering(0)
	d.run(time.Hour)
	waits := map[time.Duration]bool{}
	for i := 1; i < len(d.events); i++ {
		wait := d.events[i].at - d.events[i-1].at
		require.LessOrEqual(t, wait, 30*time.Second)
		require.GreaterOrEqual(t, wait, 28*time.Second)
		waits[wait] = true
	}
	require.Greater(t, len(waits), 100)
}

func TestNoncesAreNotGuessedFromEachOther(t *testing.T) {
	seen := map[uint64]bool{}
	for seed := range uint64(100) {
		d := start(nil, seed)
		d.answering(0)
		d.run(10 * time.Minute)
		for _, e := range d.events {
			require.NotZero(t, e.Nonce)
			require.False(t, seen[e.Nonce])
			seen[e.Nonce] = true
		}
	}
	require.Greater(t, len(seen), 1900)
}
