package reconnect

import (
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var errLost = errors.New("lost")

// step is one event for an outage and the decision that must follow.
type step struct {
	after  time.Duration // since the step before
	held   time.Duration // how long the connection held; -1: the dial failed
	err    error
	target int // that was tried
	want   verdict
}

const dialFailed = -1

// The place in each window is its middle: with windows of 4, 8, 16, 16 s the
// delays are 2, 6, 12, 16 s.
func TestDecisions(t *testing.T) {
	policy := func(change func(*Policy)) Policy {
		p := Policy{InitialDelay: 4 * time.Second, MaxDelay: 20 * time.Second, Multiplier: 2}
		if change != nil {
			change(&p)
		}
		return p
	}
	const s = time.Second
	directed := RetryAfter(30*s, 50*s, errLost)
	for name, test := range map[string]struct {
		policy  Policy
		targets int
		steps   []step
	}{
		"backoff grows over failed dials": {policy(nil), 1, []step{
			{0, dialFailed, errLost, 0, verdict{delay: 2 * s}},
			{2 * s, dialFailed, errLost, 0, verdict{delay: 6 * s, elapsed: 2 * s}},
			{6 * s, dialFailed, errLost, 0, verdict{delay: 12 * s, elapsed: 8 * s}},
			{12 * s, dialFailed, errLost, 0, verdict{delay: 16 * s, elapsed: 20 * s}},
			{16 * s, dialFailed, errLost, 0, verdict{delay: 16 * s, elapsed: 36 * s}},
		}},
		"a stable connection ends the outage": {policy(nil), 1, []step{
			{0, dialFailed, errLost, 0, verdict{delay: 2 * s}},
			{2 * s, dialFailed, errLost, 0, verdict{delay: 6 * s, elapsed: 2 * s}},
			{6 * s, 10 * s, errLost, 0, verdict{delay: 2 * s}},
			{2 * s, dialFailed, errLost, 0, verdict{delay: 6 * s, elapsed: 2 * s}},
		}},
		"a short connection does not": {policy(nil), 1, []step{
			{0, dialFailed, errLost, 0, verdict{delay: 2 * s}},
			{2 * s, 10*s - 1, errLost, 0, verdict{delay: 6 * s, elapsed: 12*s - 1}},
		}},
		"StableAfter negative: every connection is stable": {policy(func(p *Policy) { p.StableAfter = -1 }), 1, []step{
			{0, 0, errLost, 0, verdict{delay: 2 * s}},
			{2 * s, 0, errLost, 0, verdict{delay: 2 * s}},
			{2 * s, dialFailed, errLost, 0, verdict{delay: 6 * s, elapsed: 2 * s}},
		}},
		"the delay is for a round of all targets": {policy(nil), 3, []step{
			{0, dialFailed, errLost, 0, verdict{}},
			{0, dialFailed, errLost, 1, verdict{}},
			{0, dialFailed, errLost, 2, verdict{delay: 2 * s}},
			{2 * s, dialFailed, errLost, 0, verdict{elapsed: 2 * s}},
			{0, dialFailed, errLost, 1, verdict{elapsed: 2 * s}},
			{0, dialFailed, errLost, 2, verdict{delay: 6 * s, elapsed: 2 * s}},
		}},
		"rounds begin at the last good target": {policy(nil), 3, []step{
			{0, dialFailed, errLost, 0, verdict{}},
			{0, 20 * s, errLost, 1, verdict{delay: 2 * s}},
			{2 * s, dialFailed, errLost, 1, verdict{elapsed: 2 * s}},
			{0, dialFailed, errLost, 2, verdict{elapsed: 2 * s}},
			{0, dialFailed, errLost, 0, verdict{delay: 6 * s, elapsed: 2 * s}},
			{6 * s, dialFailed, errLost, 1, verdict{elapsed: 8 * s}},
		}},
		"a short connection is no good target": {policy(nil), 2, []step{
			{0, 5 * s, errLost, 0, verdict{elapsed: 5 * s}},
			{0, 5 * s, errLost, 1, verdict{delay: 2 * s, elapsed: 10 * s}},
		}},
		"the server's word neither grows nor resets the backoff": {policy(nil), 1, []step{
			{0, dialFailed, errLost, 0, verdict{delay: 2 * s}},
			{2 * s, dialFailed, directed, 0, verdict{delay: 40 * s, directed: true, elapsed: 2 * s}},
			{40 * s, 1 * s, directed, 0, verdict{delay: 40 * s, directed: true, elapsed: 43 * s}},
			{40 * s, dialFailed, errLost, 0, verdict{delay: 6 * s, elapsed: 83 * s}},
		}},
		"the server's word holds within a round too": {policy(nil), 2, []step{
			{0, dialFailed, directed, 0, verdict{delay: 40 * s, directed: true}},
			{40 * s, dialFailed, errLost, 1, verdict{delay: 2 * s, elapsed: 40 * s}},
		}},
		"a drained server is the first to be tried again": {policy(nil), 2, []step{
			{0, time.Hour, directed, 0, verdict{delay: 40 * s, directed: true}},
			{40 * s, dialFailed, errLost, 0, verdict{elapsed: 40 * s}},
		}},
		"a server that names no time": {policy(nil), 1, []step{
			{0, dialFailed, RetryAfter(-1, -1, errLost), 0, verdict{delay: 2 * s}},
		}},
		"MaxAttempts": {policy(func(p *Policy) { p.MaxAttempts = 2 }), 1, []step{
			{0, dialFailed, errLost, 0, verdict{delay: 2 * s}},
			{2 * s, 20 * s, errLost, 0, verdict{delay: 2 * s}},
			{2 * s, dialFailed, errLost, 0, verdict{delay: 6 * s, elapsed: 2 * s}},
			{6 * s, dialFailed, errLost, 0, verdict{limit: "MaxAttempts", elapsed: 8 * s}},
		}},
		"MaxElapsed is not waited out in vain": {policy(func(p *Policy) { p.MaxElapsed = 8 * s }), 1, []step{
			{0, dialFailed, errLost, 0, verdict{delay: 2 * s}},
			{2 * s, dialFailed, errLost, 0, verdict{delay: 6 * s, elapsed: 2 * s}},
			{6 * s, dialFailed, errLost, 0, verdict{delay: 12 * s, limit: "MaxElapsed", elapsed: 8 * s}},
		}},
		"MaxElapsed leaves room for one retry": {policy(func(p *Policy) { p.MaxElapsed = 1 * s }), 1, []step{
			{0, time.Hour, errLost, 0, verdict{delay: s / 2}},
		}},
	} {
		t.Run(name, func(t *testing.T) {
			now := time.Unix(1e9, 0)
			o := newOutage(test.policy, test.targets, now, func() float64 { return 0.5 })
			for i, step := range test.steps {
				now = now.Add(step.after)
				_, target := o.attempt()
				require.Equal(t, step.target, target, "target of step %d", i)
				if step.held != dialFailed {
					o.connected(now)
					now = now.Add(step.held)
				}
				require.Equal(t, step.want, o.lost(now, step.err), "step %d", i)
			}
		})
	}
}

func TestRetryAfterIsUniformOverItsSpan(t *testing.T) {
	const n = 10_000
	random := seeded(9)
	o := newOutage(Policy{}, 1, time.Unix(0, 0), random)
	counts := [10]int{}
	for range n {
		d := o.lost(time.Unix(0, 0), RetryAfter(20*time.Second, 30*time.Second, nil)).delay
		require.GreaterOrEqual(t, d, 20*time.Second)
		require.Less(t, d, 30*time.Second)
		counts[(d-20*time.Second)/time.Second]++
	}
	for i, c := range counts {
		require.InDelta(t, n/10, c, 150, "tenth %d", i)
	}
}

func TestPolicyDefaults(t *testing.T) {
	defaults := Policy{InitialDelay: 500 * time.Millisecond, MaxDelay: 30 * time.Second, Multiplier: 1.6, StableAfter: 10 * time.Second}
	for _, p := range []Policy{
		{},
		{InitialDelay: -1, MaxDelay: -1, Multiplier: -1},
		{Multiplier: 0.9},
		{Multiplier: math.NaN()},
	} {
		t.Run(fmt.Sprint(p), func(t *testing.T) { require.Equal(t, defaults, p.filled()) })
	}
	negative := Policy{StableAfter: -1, MaxAttempts: -1, MaxElapsed: -1}.filled()
	require.Negative(t, negative.StableAfter)
	o := newOutage(negative, 1, time.Unix(0, 0), seeded(1))
	for i := range 1000 {
		o.attempt()
		require.Empty(t, o.lost(time.Unix(int64(i)*3600, 0), errLost).limit)
	}
}
