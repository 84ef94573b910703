package heartbeat

import (
	"testing"
	"time"
	"unsafe"

	"github.com/stretchr/testify/require"
)

func TestStateIsSmallAndAllocatesNothing(t *testing.T) {
	require.LessOrEqual(t, unsafe.Sizeof(State{}), uintptr(160))
	cfg := &Config{Mode: Adaptive}
	var s State
	require.Zero(t, testing.AllocsPerRun(100, func() {
		s.Start(cfg, 0, 1)
		for s.Next() != Never {
			now := s.Next()
			a := s.Poll(now)
			if now < time.Hour {
				s.Awaiting(now)
				s.Pong(a.Nonce, now)
				s.Reported(now, false)
			}
		}
	}))
}

func TestZeroStateIsOff(t *testing.T) {
	var s State
	require.Equal(t, Never, s.Next())
	require.Zero(t, s.Poll(time.Hour))
	require.False(t, s.Pong(0, 1), "no nonce is outstanding, zero included")
	require.Zero(t, s.Interval())
}

func TestUnsolicitedPongProvesNothing(t *testing.T) {
	d := start(&Config{ProbeAfter: -1}, 1)
	require.False(t, d.Pong(0, d.now))
	require.False(t, d.Pong(12345, d.now), "nothing is outstanding")
	ping := d.run(30 * time.Second)[0]

	before := d.State
	require.False(t, d.Pong(ping.Nonce+1, d.now), "wrong nonce")
	require.Equal(t, before, d.State, "a wrong nonce changes nothing at all")

	fork := *d
	require.True(t, fork.Pong(ping.Nonce, fork.now))
	require.False(t, fork.Pong(ping.Nonce, fork.now+time.Minute), "an answer counts once")
	require.Equal(t, fork.now, fork.LastHeard())

	// A peer that answers with nonsense, and of whose bytes nobody calls Heard, dies on time.
	for range 29 {
		d.run(time.Second)
		d.Pong(ping.Nonce-1, d.now)
	}
	require.NotContains(t, kinds(d.events), Dead)
	require.Equal(t, Dead, last(d.run(time.Second)).Kind)
}

func TestAnswerToAnEarlierRoundIsStale(t *testing.T) {
	d := start(nil, 1)
	first := d.run(30 * time.Second)[0]
	d.Heard(d.now) // life by other bytes: the round is over, its answer still under way
	var second event
	for second.Nonce == 0 || second.Nonce == first.Nonce {
		second = last(d.run(time.Second))
	}
	require.False(t, d.Pong(first.Nonce, d.now))
	require.True(t, d.Pong(second.Nonce, d.now))
}

func TestHeardIgnoresAnOlderInstant(t *testing.T) {
	d := start(nil, 1)
	d.Heard(d.now + time.Second)
	d.Heard(d.now)
	require.Equal(t, d.now+time.Second, d.LastHeard())
}

func TestPeerLimitsPings(t *testing.T) {
	d := start(&Config{Interval: 10 * time.Second, Timeout: 20 * time.Second}, 1)
	d.LimitPings(40 * time.Second)
	require.Equal(t, 45*time.Second, d.Interval(), "an eighth above the limit")
	d.answering(time.Second)
	d.Awaiting(d.now)
	d.run(time.Hour)
	require.NotContains(t, kinds(d.events), Dead)
	require.Equal(t, 5*time.Second, d.events[0].at-time.Hour, "the first is limited by none before it")
	for i := 1; i < len(d.events); i++ {
		require.GreaterOrEqual(t, d.events[i].at-d.events[i-1].at, 40*time.Second)
	}

	d.on, d.arrive = nil, nil
	silent := d.LastHeard()
	dead := last(d.run(2 * time.Minute))
	require.Equal(t, Dead, dead.Kind)
	require.LessOrEqual(t, dead.at-silent, 55*time.Second, "the raised interval plus the time to answer")

	d.LimitPings(-1)
	require.Equal(t, 10*time.Second, d.Interval())
}

func TestStartForgetsTheEarlierLink(t *testing.T) {
	d := start(nil, 1)
	d.answering(time.Second)
	d.LimitPings(time.Minute)
	d.Awaiting(d.now)
	d.run(10 * time.Minute)
	var fresh State
	fresh.Start(nil, d.now, 5)
	d.Start(nil, d.now, 5)
	require.Equal(t, fresh, d.State)
}

func TestStopEndsTheWatch(t *testing.T) {
	d := start(nil, 1)
	d.Stop()
	require.Empty(t, d.run(time.Hour))
	require.False(t, d.Awaiting(d.now))
	require.Equal(t, Never, d.Next())
}
