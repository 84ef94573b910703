package heartbeat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestOverdueReportIsProbedAtOnce(t *testing.T) {
	d := start(nil, 1)
	d.run(2 * time.Second)
	require.True(t, d.Awaiting(d.now))
	require.False(t, d.Awaiting(d.now+time.Second), "the oldest counts")
	sent := d.now
	e := d.run(6 * time.Second)[0]
	require.Equal(t, Probe, e.Kind)
	require.NotZero(t, e.Nonce)
	require.Equal(t, 5*time.Second, e.at-sent)
}

func TestProbeWaitsForASlowPath(t *testing.T) {
	d := start(nil, 1)
	d.answering(3 * time.Second)
	d.run(10 * time.Minute)
	d.on, d.arrive = nil, nil
	d.Heard(d.now)
	require.Equal(t, 3*time.Second, d.RTT())
	d.rtt.variation = time.Second
	rto := d.RTO()
	require.Greater(t, rto, 5*time.Second)
	d.Awaiting(d.now)
	sent := d.now
	e := d.run(rto)[0]
	require.Equal(t, Probe, e.Kind)
	require.Equal(t, rto, e.at-sent)
}

func TestReportsInTimePreventProbes(t *testing.T) {
	d := start(nil, 1)
	for range 100 {
		d.Awaiting(d.now)
		d.run(4 * time.Second)
		d.Heard(d.now)
		d.Reported(d.now, true)
	}
	require.Empty(t, d.events)
	d.Reported(d.now, false)
	require.Equal(t, Ping, d.run(time.Minute)[0].Kind, "with nothing outstanding it is silence that counts")
}

func TestSlowApplicationIsNoReason(t *testing.T) {
	// The peer answers every probe, and never reports.
	d := start(nil, 1)
	d.Awaiting(d.now)
	d.on = func(Action) { d.later(100*time.Millisecond, func() { d.Heard(d.now) }) }
	d.run(time.Hour)
	require.NotContains(t, kinds(d.events), Dead)
	require.Equal(t, Probe, d.events[0].Kind)
	require.Less(t, len(d.events), 150, "probes that bring no report become rare")
	require.Greater(t, len(d.events), 100, "but never rarer than pings")
}

func TestReportRestoresPromptProbing(t *testing.T) {
	d := start(nil, 1)
	d.Awaiting(d.now)
	d.on = func(Action) { d.later(100*time.Millisecond, func() { d.Heard(d.now) }) }
	d.run(10 * time.Minute)
	d.Heard(d.now)
	d.Reported(d.now, true)
	reported := d.now
	e := d.run(10 * time.Second)[0]
	require.Equal(t, Probe, e.Kind)
	require.Equal(t, 5*time.Second, e.at-reported)
}

func TestReportThatAnswersTheProbeStartsAnew(t *testing.T) {
	d := start(nil, 1)
	d.Awaiting(d.now)
	d.run(5 * time.Second)
	require.Equal(t, []Kind{Probe}, kinds(d.events))
	d.Heard(d.now)
	d.Reported(d.now, true)
	reported := d.now
	e := d.run(10 * time.Second)[0]
	require.Equal(t, 5*time.Second, e.at-reported)
}

func TestUnansweredPingBecomesAProbe(t *testing.T) {
	// A report falls overdue while a ping is unanswered: the verdict comes sooner, and the nonce stays.
	d := start(nil, 1)
	d.run(20 * time.Second)
	d.Awaiting(d.now)
	d.run(30 * time.Second)
	require.Equal(t, Ping, d.events[0].Kind)
	require.Contains(t, kinds(d.events), Probe)
	dead := last(d.events)
	require.Equal(t, Dead, dead.Kind)
	require.Equal(t, 35*time.Second, dead.Silent, "sent at 20, overdue at 25, given up at 35")
	for _, e := range d.events[:len(d.events)-1] {
		require.Equal(t, d.events[0].Nonce, e.Nonce)
	}
}

func TestProbeNeverDelaysTheVerdict(t *testing.T) {
	d := start(&Config{Interval: 4 * time.Second, Timeout: 8 * time.Second}, 1)
	d.Awaiting(d.now)
	require.Equal(t, 8*time.Second, last(d.run(time.Minute)).Silent)
}
