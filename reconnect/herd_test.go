package reconnect

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// fleet simulates clients that lose one server at the instant zero, and returns
// when each dialled successfully, counted from the server's return. Dials of
// a server that is down are refused at once.
func fleet(clients int, down time.Duration, policy Policy, random func() float64) (back []time.Duration, dials int) {
	refused := errors.New("refused")
	start := time.Unix(0, 0)
	back = make([]time.Duration, clients)
	for i := range back {
		o := newOutage(policy, 1, start.Add(-time.Hour), random)
		o.attempt()
		o.connected(start.Add(-time.Hour))
		now := start
		for {
			now = now.Add(o.lost(now, refused).delay)
			o.attempt()
			dials++
			if now.Sub(start) >= down {
				break
			}
		}
		back[i] = now.Sub(start) - down
	}
	return back, dials
}

// peak is the largest count in any of equal bins over the time until all are
// back, as a multiple of what a uniform rate would put there.
func peak(back []time.Duration, bins int) (multiple float64, last time.Duration) {
	for _, b := range back {
		last = max(last, b)
	}
	counts := make([]int, bins)
	for _, b := range back {
		counts[min(int(float64(b)/float64(last)*float64(bins)), bins-1)]++
	}
	most := 0
	for _, n := range counts {
		most = max(most, n)
	}
	return float64(most) * float64(bins) / float64(len(back)), last
}

// Whatever the time that the server is away, the clients' return is never more
// than twice as dense as if they had been spread evenly over the time that it
// takes them all.
func TestTenThousandClientsDoNotHerd(t *testing.T) {
	const clients, bins = 10_000, 20
	random := seeded(15)
	downs := []time.Duration{0, 5 * time.Minute, 15 * time.Minute}
	for d := 100 * time.Millisecond; d < time.Minute; d += d / 6 {
		downs = append(downs, d)
	}
	worst, worstDown, longest := 0.0, time.Duration(0), time.Duration(0)
	for _, down := range downs {
		back, _ := fleet(clients, down, Policy{}, random)
		multiple, last := peak(back, bins)
		require.LessOrEqual(t, multiple, 2.0, "peak over uniform rate after %v away", down)
		require.Less(t, last, time.Minute, "all are back, after %v away", down)
		if multiple > worst {
			worst, worstDown = multiple, down
		}
		longest = max(longest, last)
	}
	t.Logf("%d times away: worst peak %.2f × uniform (after %v), all back within %v", len(downs), worst, worstDown, longest)
}

// The measure must be able to fail: clients that wait exactly the same time are
// found, and so are those of usual full jitter.
func TestTheHerdMeasureFindsHerds(t *testing.T) {
	same := make([]time.Duration, 1000)
	for i := range same {
		same[i] = time.Second
	}
	multiple, _ := peak(same, 20)
	require.Equal(t, 20.0, multiple)

	random := seeded(7)
	back := make([]time.Duration, 10_000)
	for i := range back {
		interval, at := 0.5, 0.0
		for at = random() * interval; at < 5; at += random() * interval {
			interval = min(interval*DefaultMultiplier, 30)
		}
		back[i] = time.Duration((at - 5) * 1e9)
	}
	multiple, _ = peak(back, 20)
	t.Logf("full jitter, 5 s away: peak %.2f × uniform", multiple)
	require.Greater(t, multiple, 3.0)
}

// During the outage too the dials are even: within each window of the backoff
// every client dials once.
func TestAFleetDialsOncePerWindow(t *testing.T) {
	const clients = 10_000
	window, down := DefaultInitialDelay, time.Duration(0)
	for n := 1; n <= 8; n++ {
		down += window
		window = time.Duration(float64(window) * DefaultMultiplier)
		t.Run(fmt.Sprint(n, " windows"), func(t *testing.T) {
			_, dials := fleet(clients, down, Policy{}, seeded(uint64(n)))
			require.InDelta(t, clients*(n+1), dials, 2, "n refused dials and a good one for each client")
		})
	}
}
