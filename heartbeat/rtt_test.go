package heartbeat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRoundTripEstimateFollowsRFC6298(t *testing.T) {
	var e estimate
	require.Equal(t, time.Second, e.rto(), "section 2.1")

	e.add(2 * time.Second)
	require.Equal(t, 2*time.Second, e.smooth, "section 2.2")
	require.Equal(t, time.Second, e.variation, "section 2.2")
	require.Equal(t, 6*time.Second, e.rto(), "section 2.2")

	e.add(1 * time.Second)
	// RTTVAR is computed from the SRTT before the update: 3/4·1 s + 1/4·|2 s − 1 s|, then 7/8·2 s + 1/8·1 s.
	require.Equal(t, time.Second, e.variation, "section 2.3")
	require.Equal(t, 1875*time.Millisecond, e.smooth, "section 2.3")
	require.Equal(t, 5875*time.Millisecond, e.rto(), "section 2.3")
}

func TestRetransmissionTimeoutIsBounded(t *testing.T) {
	var e estimate
	for range 50 {
		e.add(time.Millisecond)
	}
	require.Equal(t, time.Second, e.rto(), "section 2.4")
	for range 50 {
		e.add(10 * time.Minute)
	}
	require.Equal(t, time.Minute, e.rto(), "section 2.5")
}

func TestZeroMeasurementIsAMeasurement(t *testing.T) {
	var e estimate
	e.add(0)
	require.Positive(t, e.smooth)
	for range 200 {
		e.add(0)
	}
	require.Positive(t, e.smooth)
}

func TestOnlyUnrepeatedPingsAreMeasured(t *testing.T) {
	d := start(nil, 1)
	for len(d.events) < 2 {
		d.run(time.Second)
	}
	first := d.events[0]
	require.Equal(t, first.Nonce, d.events[1].Nonce, "a repeated ping keeps its nonce")
	require.True(t, d.Pong(first.Nonce, d.now))
	require.Zero(t, d.RTT(), "which of the two was answered is unknown")

	d.answering(300 * time.Millisecond)
	d.run(45 * time.Second)
	require.Equal(t, 300*time.Millisecond, d.RTT())
}

func TestSlowPathIsMeasuredAfterAll(t *testing.T) {
	// Answers take longer than the wait before a ping is repeated, so at first none can be attributed.
	d := start(nil, 7)
	d.answering(10 * time.Second)
	d.run(10 * time.Minute)
	require.Equal(t, 10*time.Second, d.RTT())
	require.NotContains(t, kinds(d.events), Dead)
}
