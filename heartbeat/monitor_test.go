package heartbeat_test

import (
	"errors"
	"net"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/heartbeat"
)

// peer records what a Monitor does, and answers pings after rtt while it is up.
type peer struct {
	m     *heartbeat.Monitor
	rtt   time.Duration
	up    atomic.Bool
	pings atomic.Int32
	died  chan error
	began time.Time
}

// watch is for use in a bubble. The peer's Monitor is closed by the caller.
func watch(cfg heartbeat.Config) *peer {
	p := &peer{rtt: 50 * time.Millisecond, died: make(chan error, 10), began: time.Now()}
	p.up.Store(true)
	ready := make(chan struct{})
	p.m = heartbeat.New(cfg, func(nonce uint64) {
		<-ready
		p.pings.Add(1)
		if p.up.Load() {
			time.AfterFunc(p.rtt, func() { p.m.Pong(nonce) })
		}
	}, func(err error) { p.died <- err })
	close(ready)
	return p
}

func TestMonitorKeepsALivingPeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watch(heartbeat.Config{})
		time.Sleep(time.Hour)
		require.Empty(t, p.died)
		require.InDelta(t, 123, p.pings.Load(), 5)
		require.InDelta(t, 50*time.Millisecond, p.m.RTT(), 1e6)
		require.Equal(t, time.Second, p.m.RTO())
		require.Less(t, p.m.Silent(), 31*time.Second)
		p.m.Close()
	})
}

func TestMonitorDeclaresASilentPeerDeadOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watch(heartbeat.Config{})
		p.up.Store(false)
		err := <-p.died
		require.Equal(t, 60*time.Second, time.Since(p.began))

		require.ErrorIs(t, err, heartbeat.ErrDead)
		var dead *heartbeat.DeadError
		require.ErrorAs(t, err, &dead)
		require.Equal(t, 60*time.Second, dead.Silent)
		require.EqualValues(t, p.pings.Load(), dead.Pings)
		var timeout net.Error
		require.ErrorAs(t, err, &timeout)
		require.True(t, timeout.Timeout())

		p.m.Heard()
		time.Sleep(time.Hour)
		require.Empty(t, p.died)
		p.m.Close()
	})
}

func TestHeardReadsAreLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watch(heartbeat.Config{})
		p.up.Store(false)
		for range 1000 {
			time.Sleep(10 * time.Second)
			p.m.Heard()
		}
		require.Zero(t, p.pings.Load())
		heard := time.Now()
		<-p.died
		require.Equal(t, 60*time.Second, time.Since(heard))
		p.m.Close()
	})
}

func TestStuckPingDoesNotStopTheWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		closed := make(chan struct{}) // the connection whose write is stuck until it is closed
		pings := 0
		returned := make(chan struct{})
		m := heartbeat.New(heartbeat.Config{}, func(uint64) {
			pings++
			<-closed
			close(returned)
		}, func(error) { close(closed) })
		<-returned
		require.Equal(t, 60*time.Second, time.Since(began))
		require.Equal(t, 1, pings, "no further goroutine is sent into the stuck write")
		m.Close()
	})
}

func TestStuckPingOfALivingPeerIsNoDeath(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		unblock := make(chan struct{})
		var pings atomic.Int32
		died := make(chan error, 1)
		m := heartbeat.New(heartbeat.Config{Mode: heartbeat.Active}, func(uint64) {
			pings.Add(1)
			<-unblock
		}, func(err error) { died <- err })
		for range 100 {
			time.Sleep(10 * time.Second)
			m.Heard()
		}
		require.Empty(t, died)
		require.EqualValues(t, 1, pings.Load())
		close(unblock)
		time.Sleep(time.Minute)
		require.Greater(t, pings.Load(), int32(1), "pings go on once the write does")
		m.Close()
	})
}

func TestMonitorProbesForAnOverdueReport(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watch(heartbeat.Config{})
		time.Sleep(10 * time.Minute)
		p.up.Store(false)
		p.m.Reported(false)
		p.m.Awaiting()
		sent := time.Now()
		var dead *heartbeat.DeadError
		require.ErrorAs(t, <-p.died, &dead)
		require.Equal(t, 15*time.Second, time.Since(sent))
		require.True(t, dead.Overdue)
		p.m.Close()
	})
}

// In a bubble times have no monotonic reading, so this one runs on the real clocks.
func TestWallClockJumpIsHarmless(t *testing.T) {
	for _, jump := range []time.Duration{time.Hour, -time.Hour, 20 * 365 * 24 * time.Hour} {
		pings, died := make(chan uint64, 100), make(chan error, 1)
		m := heartbeat.New(heartbeat.Config{Interval: 20 * time.Millisecond, Timeout: 10 * time.Minute},
			func(nonce uint64) { pings <- nonce }, func(err error) { died <- err })
		before := time.Now().Round(0).Sub(m.Origin().Round(0))
		m.JumpWallClock(jump)
		after := time.Now().Round(0).Sub(m.Origin().Round(0))
		require.InDelta(t, jump, after-before, float64(time.Minute), "the wall clock did jump")

		m.Heard()
		require.Less(t, m.Silent().Abs(), time.Minute)
		require.True(t, m.Pong(<-pings), "pings come as before")
		require.Less(t, m.RTT(), time.Minute)
		<-pings
		require.Empty(t, died)
		m.Close()
	}
}

func TestOffMonitorIsSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watch(heartbeat.Config{Interval: -1})
		p.m.Awaiting()
		time.Sleep(1000 * time.Hour)
		require.Zero(t, p.pings.Load())
		require.Empty(t, p.died)
		p.m.Close()
	})
}

func TestMonitorCarriesWhatAnEarlierOneLearnt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := heartbeat.Config{Mode: heartbeat.Adaptive}
		p := watch(cfg)
		time.Sleep(3 * time.Hour)
		p.m.Close()
		learnt := p.m.Interval()
		require.Equal(t, 4*time.Minute, learnt)

		next := watch(cfg)
		next.m.Carry(learnt)
		require.Equal(t, learnt, next.m.Interval())
		time.Sleep(time.Hour)
		require.InDelta(t, 15, next.pings.Load(), 2)
		next.m.Close()
	})
}

func TestMonitorIsSafeForConcurrentUse(t *testing.T) {
	died := make(chan error, 1)
	m := heartbeat.New(heartbeat.Config{Interval: time.Millisecond, Timeout: time.Hour}, func(uint64) {}, func(err error) { died <- err })
	var all sync.WaitGroup
	for i := range uint64(4) {
		all.Go(func() {
			for n := range uint64(2000) {
				m.Heard()
				m.Awaiting()
				m.Pong(i * n)
				m.Reported(n%2 == 0)
				_ = m.Silent()
				_ = m.Interval()
			}
		})
	}
	all.Wait()
	m.Close()
	select {
	case err := <-died:
		require.NoError(t, err)
	default:
	}
}

func TestDeadErrorSaysWhatHappened(t *testing.T) {
	var err error = &heartbeat.DeadError{Silent: 15 * time.Second, Pings: 1, Overdue: true}
	require.EqualError(t, err, "heartbeat: peer or network silent for 15s, 1 ping unanswered, a report overdue")
	err = &heartbeat.DeadError{Silent: time.Minute, Pings: 9}
	require.EqualError(t, err, "heartbeat: peer or network silent for 1m0s, 9 pings unanswered")
	require.False(t, errors.Is(err, net.ErrClosed))
	require.ErrorIs(t, err, heartbeat.ErrDead)
}
