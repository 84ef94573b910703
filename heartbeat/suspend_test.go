package heartbeat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSuspendedProcessReadsBeforeItJudges(t *testing.T) {
	for name, cfg := range map[string]*Config{
		"hybrid": nil, "active": {Mode: Active}, "adaptive": {Mode: Adaptive},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(200) {
				d := start(cfg, seed)
				d.answering(50 * time.Millisecond)
				d.run(time.Duration(seed) * time.Second) // stopped at any phase
				d.on, d.arrive = nil, nil
				d.now += time.Hour
				a := d.poll()
				require.Equal(t, Ping, a.Kind)
				resumed := d.now

				fork := *d
				fork.later(29*time.Second, func() { fork.Pong(a.Nonce, fork.now) })
				fork.run(31 * time.Second)
				require.NotContains(t, kinds(fork.events[len(d.events):]), Dead, "the peer was there all the time")

				dead := last(d.run(time.Hour))
				require.Equal(t, Dead, dead.Kind, "the peer had gone meanwhile")
				require.Equal(t, 30*time.Second, dead.at-resumed, "the chance is bounded")
			}
		})
	}
}

func TestPassiveWatchWaitsAfterSuspensionToo(t *testing.T) {
	d := start(&Config{Mode: Passive}, 1)
	d.now += time.Hour
	require.Zero(t, d.poll())
	resumed := d.now
	dead := last(d.run(time.Hour))
	require.Equal(t, 30*time.Second, dead.at-resumed)
}

func TestSuspensionThatEndsJustBeforeTheVerdict(t *testing.T) {
	// The timer of the verdict itself is nearly on time; the process has been running for no more than that.
	for _, mode := range []Mode{Hybrid, Passive} {
		for back := time.Duration(0); back < 900*time.Millisecond; back += 100 * time.Millisecond {
			d := start(&Config{Mode: mode, ProbeAfter: -1}, 1)
			d.run(50 * time.Second)
			d.now = time.Hour + 60*time.Second - back
			require.NotEqual(t, Dead, d.poll().Kind)
			d.run(back + 20*time.Second)
			require.NotContains(t, kinds(d.events), Dead)
		}
	}
}

func TestResumedProcessPingsAtOnce(t *testing.T) {
	tested := 0
	for seed := range uint64(100) {
		d := start(nil, seed)
		d.run(57900 * time.Millisecond)
		d.now = time.Hour + 59700*time.Millisecond
		if d.now < d.asked+d.repeat() { // else it would be time for a ping anyway
			tested++
			require.Equal(t, Ping, d.poll().Kind)
		}
	}
	require.Positive(t, tested)
}

func TestSuspensionDuringAProbe(t *testing.T) {
	d := start(nil, 1)
	d.Awaiting(d.now)
	d.run(5 * time.Second)
	require.Equal(t, []Kind{Probe}, kinds(d.events))
	d.now += time.Minute
	require.Equal(t, Probe, d.poll().Kind, "asked again at once")
	resumed := d.now
	require.Equal(t, 30*time.Second, last(d.run(time.Hour)).at-resumed)
}

func TestSlightlyLateTimersDoNotDelayTheVerdict(t *testing.T) {
	s := start(nil, 1).State
	for {
		now := s.Next() + 900*time.Millisecond
		if a := s.Poll(now); a.Kind == Dead {
			require.Less(t, a.Silent, 61*time.Second)
			return
		}
	}
}

func TestTimersThatAreAlwaysLateDoNotPreventTheVerdict(t *testing.T) {
	for _, late := range []time.Duration{2 * time.Second, 5 * time.Second, 14 * time.Second} {
		s := start(nil, 1).State
		for {
			now := s.Next() + late
			require.Less(t, now, time.Hour+5*time.Minute)
			if s.Poll(now).Kind == Dead {
				break
			}
		}
	}
}

func TestSleepWithShortWakesNeverKills(t *testing.T) {
	// A sleeping laptop that wakes for a moment now and then, too short for the network to come back.
	d := start(nil, 1)
	for range 50 {
		d.now += 10 * time.Minute
		require.Equal(t, Ping, d.poll().Kind)
		d.run(3 * time.Second)
	}
	require.NotContains(t, kinds(d.events), Dead)
}

func TestLateTimerThatReadFirstIsNothing(t *testing.T) {
	d := start(nil, 1)
	d.now += time.Hour
	d.Heard(d.now) // the reader ran before the timer
	require.Zero(t, d.poll())
	require.Equal(t, 60*time.Second, last(d.run(2*time.Minute)).Silent)
}
