package heartbeat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSilenceKillsAtTimeout(t *testing.T) {
	for name, c := range map[string]struct {
		cfg  *Config
		dead time.Duration
	}{
		"default":  {nil, 60 * time.Second},
		"short":    {&Config{Interval: 200 * time.Millisecond, Timeout: 500 * time.Millisecond}, 500 * time.Millisecond},
		"active":   {&Config{Mode: Active}, 60 * time.Second},
		"passive":  {&Config{Mode: Passive, Timeout: 7 * time.Second}, 7 * time.Second},
		"adaptive": {&Config{Mode: Adaptive, MinInterval: time.Minute}, 90 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(50) {
				d := start(c.cfg, seed)
				d.run(c.dead / 3)
				d.Heard(d.now)
				heard := d.now
				since := d.run(10 * c.dead)
				dead := last(since)
				require.Equal(t, Dead, dead.Kind)
				require.Equal(t, c.dead, dead.at-heard)
				require.Equal(t, c.dead, dead.Silent)
				require.Equal(t, len(since)-1, dead.Pings)
				require.False(t, dead.Overdue)
				require.Empty(t, d.run(time.Hour), "death is declared once")
			}
		})
	}
}

func TestSeveralPingsFitIntoTimeout(t *testing.T) {
	d := start(nil, 1)
	d.run(time.Minute)
	pings := len(d.events) - 1
	require.GreaterOrEqual(t, pings, 8)
	require.LessOrEqual(t, pings, 15)
}

func TestTrafficSuppressesPings(t *testing.T) {
	d := start(nil, 1)
	for range 600 {
		d.run(time.Second)
		d.Heard(d.now)
	}
	require.Empty(t, d.events)
	require.LessOrEqual(t, d.polls, 45, "the timer is not set anew for each read")
}

func TestActivePingsInSpiteOfTraffic(t *testing.T) {
	d := start(&Config{Mode: Active}, 1)
	for range 600 {
		d.run(time.Second)
		d.Heard(d.now)
	}
	require.InDelta(t, 20, len(d.events), 2)
}

func TestPassiveNeverAsks(t *testing.T) {
	d := start(&Config{Mode: Passive}, 1)
	require.False(t, d.Awaiting(d.now))
	for range 20 {
		d.run(59 * time.Second)
		d.Heard(d.now)
	}
	require.Empty(t, d.events)
	require.Equal(t, []Kind{Dead}, kinds(d.run(time.Minute)))
}

func TestOffDoesNothing(t *testing.T) {
	d := start(&Config{Interval: -1}, 1)
	d.Awaiting(d.now)
	require.Empty(t, d.run(1000*time.Hour))
	require.Equal(t, Never, d.Next())
}

func TestNegativeTimeoutNeverKills(t *testing.T) {
	d := start(&Config{Timeout: -1}, 1)
	d.Awaiting(d.now)
	d.run(time.Hour)
	require.NotContains(t, kinds(d.events), Dead)
	require.InDelta(t, 120, len(d.events), 15, "unanswered pings go out at the interval")
}

func TestBusyOutboundTrafficIsNotLife(t *testing.T) {
	for name, c := range map[string]struct {
		probeAfter, least, most time.Duration
	}{
		"unprobed": {-1, 60 * time.Second, 60 * time.Second},
		"probed":   {0, 15 * time.Second, 16 * time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			d := start(&Config{ProbeAfter: c.probeAfter}, 1)
			d.answering(50 * time.Millisecond)
			d.run(5 * time.Minute)
			d.on, d.arrive = nil, nil // the peer vanishes while we are sending at full speed
			d.Heard(d.now)
			cut := d.now
			for d.State.running && d.now-cut < time.Hour {
				d.Awaiting(d.now)
				d.run(100 * time.Millisecond)
			}
			dead := last(d.events)
			require.Equal(t, Dead, dead.Kind)
			require.GreaterOrEqual(t, dead.at-cut, c.least)
			require.LessOrEqual(t, dead.at-cut, c.most)
			require.Equal(t, c.probeAfter >= 0, dead.Overdue)
		})
	}
}

func TestEarlyPollIsHarmless(t *testing.T) {
	d, twin := start(nil, 9), start(nil, 9)
	for range 200 {
		d.poll()
		d.run(500 * time.Millisecond)
		twin.run(500 * time.Millisecond)
	}
	require.Equal(t, twin.events, d.events)
}
