package heartbeat

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// lossy answers like a peer behind a datagram path, where a lost ping stays lost.
func lossy(d *drive, rng *rand.Rand, loss float64, delay func() time.Duration) {
	d.on = func(a Action) {
		if a.Kind == Dead || rng.Float64() < loss {
			return
		}
		d.later(delay(), func() {
			if rng.Float64() >= loss {
				d.later(delay(), func() { d.Pong(a.Nonce, d.now) })
			}
		})
	}
}

func TestTenPercentLossIsNoDeath(t *testing.T) {
	for name, c := range map[string]struct {
		cfg   *Config
		delay time.Duration // of one way, plus or minus as much
		watch time.Duration
	}{
		"defaults":                    {nil, 200 * time.Millisecond, 4 * time.Hour},
		"five seconds":                {&Config{Interval: 5 * time.Second}, 200 * time.Millisecond, time.Hour},
		"five seconds, all probed":    {&Config{Interval: 5 * time.Second, ProbeAfter: time.Second, Timeout: 15 * time.Second}, 50 * time.Millisecond, time.Hour},
		"slower than the repetitions": {nil, time.Second, 4 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(50) {
				rng := rand.New(rand.NewPCG(seed, 10))
				d := start(c.cfg, seed)
				lossy(d, rng, 0.1, func() time.Duration { return time.Duration(rng.Int64N(int64(2 * c.delay))) })
				d.Awaiting(d.now) // never reported: pings and probes alike
				d.run(c.watch)
				require.NotContains(t, kinds(d.events), Dead, "seed %d", seed)
				require.Greater(t, len(d.events), 100)
			}
		})
	}
}

func TestTotalLossKillsOnTimeUnderLossBefore(t *testing.T) {
	for seed := range uint64(50) {
		rng := rand.New(rand.NewPCG(seed, 11))
		d := start(nil, seed)
		lossy(d, rng, 0.1, func() time.Duration { return time.Duration(rng.Int64N(int64(400 * time.Millisecond))) })
		d.run(10 * time.Minute)
		d.on, d.arrive = nil, nil
		d.run(time.Hour)
		require.Equal(t, 60*time.Second, last(d.events).Silent)
	}
}
