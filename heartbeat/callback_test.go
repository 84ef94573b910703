package heartbeat_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/heartbeat"
)

func TestNoCallbackAfterClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watch(heartbeat.Config{})
		p.m.Close()
		p.m.Close()
		p.m.Awaiting()
		p.m.Reported(true)
		p.m.LimitPings(time.Second)
		p.m.Carry(time.Hour)
		p.m.Heard()
		require.False(t, p.m.Pong(1))
		time.Sleep(time.Hour)
		require.Zero(t, p.pings.Load())
		require.Empty(t, p.died)
	})
}

func TestCloseInsideCallbacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		done := make(chan string, 2)
		for _, c := range []struct {
			in   string
			ping bool
		}{{"ping", true}, {"dead", false}} {
			monitor := make(chan *heartbeat.Monitor, 1)
			end := func() {
				m := <-monitor
				m.Close()
				done <- c.in
			}
			ping := func(uint64) { end() }
			if !c.ping {
				ping = nil
			}
			monitor <- heartbeat.New(heartbeat.Config{}, ping, func(error) { end() })
			require.Equal(t, c.in, <-done)
			time.Sleep(time.Hour)
			require.Empty(t, done)
		}
	})
}

func TestMethodsInsideCallbacks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m *heartbeat.Monitor
		ready, died := make(chan struct{}), make(chan error, 1)
		m = heartbeat.New(heartbeat.Config{}, func(nonce uint64) {
			<-ready
			m.Heard()
			m.Awaiting()
			m.Reported(false)
			m.LimitPings(time.Millisecond)
			m.Pong(nonce)
			_, _, _, _ = m.RTT(), m.RTO(), m.Interval(), m.Silent()
		}, func(err error) { died <- err })
		close(ready)
		time.Sleep(time.Hour)
		require.Empty(t, died)
		m.Close()
	})
}
