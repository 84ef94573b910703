package heartbeat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

var adaptive = &Config{Mode: Adaptive, MinInterval: time.Minute, MaxInterval: 9 * time.Minute, Timeout: time.Minute}

func TestAdaptiveGrowsWhileThePathTolerates(t *testing.T) {
	d := start(adaptive, 1)
	d.answering(100 * time.Millisecond)
	require.Equal(t, time.Minute, d.Interval())
	d.run(5 * time.Minute)
	require.Equal(t, 2*time.Minute, d.Interval(), "a step after three idle intervals")
	d.run(4 * time.Hour)
	require.Equal(t, 9*time.Minute, d.Interval())
	require.NotContains(t, kinds(d.events), Dead)
}

func TestAdaptiveLearnsNothingFromBusyLinks(t *testing.T) {
	d := start(adaptive, 1)
	d.answering(100 * time.Millisecond)
	for range 3600 {
		d.run(time.Second)
		d.Heard(d.now)
	}
	require.Equal(t, time.Minute, d.Interval())
}

func TestAdaptiveStepsBackAfterMisses(t *testing.T) {
	d := start(adaptive, 1)
	d.Carry(5 * time.Minute)
	miss := func(a Action) {
		if len(d.events) > 1 && d.events[len(d.events)-2].Nonce == a.Nonce {
			d.later(time.Millisecond, func() { d.Pong(a.Nonce, d.now) }) // the second of a round alone gets through
		}
	}
	d.on = miss
	d.run(11 * time.Minute)
	require.Equal(t, 5*time.Minute, d.Interval(), "one miss may be chance")
	d.run(5 * time.Minute)
	require.Equal(t, 4*time.Minute, d.Interval())
	d.run(2 * time.Hour)
	require.Equal(t, time.Minute, d.Interval())
}

func TestAdaptiveSettlesBelowWhatThePathTolerates(t *testing.T) {
	// A middlebox forgets the link after four and a half minutes: whatever is sent then is lost, and the link with it.
	// The interval is carried from link to link.
	const forgets = 270 * time.Second
	carried, deaths := time.Duration(0), 0
	var watched time.Duration
	for seed := uint64(0); watched < 48*time.Hour; seed++ {
		d := start(adaptive, seed)
		d.Carry(carried)
		began := d.now
		d.on = func(a Action) {
			if a.Kind != Dead && d.now-d.LastHeard() < forgets {
				d.later(100*time.Millisecond, func() { d.Pong(a.Nonce, d.now) })
			}
		}
		for d.State.running && watched+d.now-began < 48*time.Hour {
			d.run(time.Minute)
		}
		watched += d.now - began
		carried = d.Interval()
		if !d.State.running {
			deaths++
		}
	}
	require.Positive(t, deaths, "the limit has to be found")
	require.GreaterOrEqual(t, carried, 3*time.Minute)
	require.LessOrEqual(t, carried, 5*time.Minute)
	require.Less(t, deaths, 25)
}

func TestCarryKeepsToTheBounds(t *testing.T) {
	d := start(adaptive, 1)
	d.Carry(time.Hour)
	require.Equal(t, 9*time.Minute, d.Interval())

	d = start(adaptive, 1)
	d.Carry(0)
	require.Equal(t, time.Minute, d.Interval())

	d = start(nil, 1)
	d.Carry(time.Minute)
	require.Equal(t, 30*time.Second, d.Interval(), "of no use but in Adaptive mode")
}

func TestAdaptiveAllowsTheTimeToAnswerAfterTheGrownInterval(t *testing.T) {
	d := start(adaptive, 1)
	d.Carry(5 * time.Minute)
	dead := last(d.run(time.Hour))
	require.Equal(t, Dead, dead.Kind)
	require.Equal(t, 5*time.Minute+30*time.Second, dead.Silent)
}
