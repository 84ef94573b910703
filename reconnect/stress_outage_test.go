package reconnect

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var outagePolicies = []Policy{
	{},
	{InitialDelay: time.Millisecond, MaxDelay: 10 * time.Millisecond},
	{InitialDelay: time.Hour, MaxDelay: time.Second, Multiplier: 1},
	{Multiplier: 3, StableAfter: -1},
	{StableAfter: time.Minute, MaxAttempts: 7},
	{MaxElapsed: 20 * time.Second},
	{MaxElapsed: time.Second, MaxAttempts: 3, InitialDelay: time.Minute},
}

// FuzzOutage plays attempts that fail, connections that are lost and servers that
// say when to come back, and compares what an outage decides with what has been
// counted by hand.
func FuzzOutage(f *testing.F) {
	f.Add(uint64(1), uint8(0), []byte{0, 9, 0, 9, 0, 9, 1, 200, 0, 9, 2, 30})
	f.Add(uint64(2), uint8(4), []byte{0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1, 0, 1})
	f.Add(uint64(3), uint8(0x15), []byte{0, 90, 1, 1, 3, 0, 2, 99, 1, 255, 0, 1})
	f.Fuzz(func(t *testing.T, seed uint64, how uint8, ops []byte) {
		policy := outagePolicies[int(how&7)%len(outagePolicies)]
		targets := 1 + int(how>>3)%4
		rng := rand.New(rand.NewPCG(seed, 1))
		now := time.Unix(0, 0)
		o := newOutage(policy, targets, now, rng.Float64)
		filled := policy.filled()
		began, attempts, target, inRound := now, 0, 0, 0
		for ; len(ops) >= 2; ops = ops[2:] {
			number, at := o.attempt()
			attempts++
			require.Equal(t, attempts, number)
			require.Equal(t, target, at)
			after, cause := time.Duration(ops[1])*100*time.Millisecond, errLost
			stable, directed := false, false
			switch ops[0] % 4 {
			case 0: // the dial fails, after a while
				now = now.Add(after)
			case 1: // it succeeds, and the connection holds for a while
				o.connected(now)
				now = now.Add(after)
				stable = filled.StableAfter < 0 || after >= filled.StableAfter
			case 2: // the server says when
				cause, directed = RetryAfter(after, after+time.Second, errLost), true
			case 3: // and leaves it open
				cause = RetryAfter(0, 0, errLost)
			}
			v := o.lost(now, cause)
			if stable {
				began, attempts, inRound = now, 0, 0
			} else {
				target, inRound = (target+1)%targets, inRound+1
			}
			roundOver := stable || inRound >= targets
			if roundOver {
				inRound = 0
			}
			require.Equal(t, now.Sub(began), v.elapsed)
			if filled.MaxAttempts > 0 && attempts >= filled.MaxAttempts {
				require.Equal(t, verdict{limit: "MaxAttempts", elapsed: v.elapsed}, v)
				return
			}
			require.Equal(t, directed, v.directed)
			switch {
			case directed:
				require.GreaterOrEqual(t, v.delay, after)
				require.LessOrEqual(t, v.delay, after+time.Second)
			case !roundOver:
				require.Zero(t, v.delay, "another target is tried at once")
			default:
				require.GreaterOrEqual(t, v.delay, time.Duration(0))
				require.LessOrEqual(t, v.delay, filled.MaxDelay)
			}
			tooLong := filled.MaxElapsed > 0 && v.elapsed+v.delay > filled.MaxElapsed
			require.Equal(t, tooLong, v.limit == "MaxElapsed")
			if v.limit != "" {
				return
			}
			now = now.Add(v.delay)
		}
	})
}
