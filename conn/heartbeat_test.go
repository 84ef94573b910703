package conn_test

import (
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/heartbeat"
)

// downs collects when links die.
func downs(cfg *conn.Config) (*conn.Config, chan time.Time) {
	ch := make(chan time.Time, 1000)
	cfg.Trace = &conn.Trace{LinkDown: func(*conn.Conn, net.Addr, error) { ch <- time.Now() }}
	return cfg, ch
}

// Rows 3 and 4: a black hole, in both directions or in one, on an idle link.
// Both sides find out within Timeout and a ping, and resume when it heals.
func TestBlackHoleIsNoticedByBothSides(t *testing.T) {
	for _, way := range []conntest.Direction{conntest.Both, conntest.ToServer, conntest.ToClient} {
		t.Run(way.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				scfg, sdown := downs(&conn.Config{MinPing: -1, Heartbeat: watch})
				ccfg, cdown := downs(&conn.Config{Heartbeat: watch})
				b, c, s := pair(t, scfg, *ccfg)
				time.Sleep(10 * time.Second)
				require.Empty(t, cdown, "an idle link is no dead link")
				begin := time.Now()
				b.net.Stall(way)
				require.LessOrEqual(t, (<-cdown).Sub(begin), 800*time.Millisecond)
				require.LessOrEqual(t, (<-sdown).Sub(begin), 800*time.Millisecond)
				time.Sleep(10 * time.Second)
				b.net.Heal(way)
				exchange(t, c, s, 10)
			})
		})
	}
}

// nats.rs #1593, nats-server #4014: what goes out proves nothing.
func TestOutboundTrafficIsNoLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ccfg, down := downs(&conn.Config{Heartbeat: watch, SendBuffer: -1})
		b, c, _ := pair(t, nil, *ccfg)
		time.Sleep(time.Second)
		begin := time.Now()
		b.net.Stall(conntest.ToClient)
		for len(down) == 0 {
			require.NoError(t, c.Send(t.Context(), make([]byte, 10)))
			time.Sleep(10 * time.Millisecond)
			require.Less(t, time.Since(begin), time.Second, "a dead peer goes unnoticed")
		}
	})
}

// smux #37: a writer that is stuck does not stop the watch.
func TestStuckWriteDoesNotStopTheWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ccfg, down := downs(&conn.Config{Heartbeat: watch, SendBuffer: -1, WriteTimeout: -1})
		b, c, _ := pair(t, nil, *ccfg)
		time.Sleep(time.Second)
		b.net.Stall(conntest.Both)
		begin := time.Now()
		require.NoError(t, c.Send(t.Context(), make([]byte, 500_000)), "far more than the link takes")
		require.LessOrEqual(t, (<-down).Sub(begin), 800*time.Millisecond)
	})
}

// Row 10: a peer that never reads, while what it sends keeps coming. The write
// timeout ends the link.
func TestWriteTimeoutDropsAPeerThatNeverReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const timeout = 4 * time.Second
		ccfg, down := downs(&conn.Config{Heartbeat: noWatch, SendBuffer: -1, WriteTimeout: timeout})
		b, c, s := pair(t, &conn.Config{MinPing: -1, Heartbeat: noWatch}, *ccfg)
		time.Sleep(time.Second)
		b.link().Stall(conntest.ToServer)
		begin := time.Now()
		require.NoError(t, c.Send(t.Context(), make([]byte, 500_000)))
		took := (<-down).Sub(begin)
		require.GreaterOrEqual(t, took, timeout)
		require.LessOrEqual(t, took, timeout+timeout/4)
		msg, err := s.Receive(t.Context())
		require.NoError(t, err)
		require.Len(t, msg, 500_000, "delivered on the next link")
	})
}

func TestALongSilenceIsNoDeathWithoutAWatch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, &conn.Config{MinPing: -1, Heartbeat: noWatch}, conn.Config{Heartbeat: noWatch})
		time.Sleep(10 * 365 * 24 * time.Hour)
		exchange(t, c, s, 10)
		require.EqualValues(t, 1, c.Stats().Links)
	})
}

// An adaptive heartbeat keeps what it has learnt from link to link, on both
// ends, even when the client returns before the server has missed it.
func TestAdaptiveIntervalIsCarried(t *testing.T) {
	adaptive := &heartbeat.Config{Mode: heartbeat.Adaptive, Interval: time.Second, Timeout: 10 * time.Second,
		MinInterval: time.Second, MaxInterval: time.Minute}
	for name, lose := range map[string]func(b *bed){
		"both notice": func(b *bed) { b.net.Cut(conntest.RST) },
		"the server does not": func(b *bed) {
			l := b.link()
			l.Stall(conntest.ToServer)
			_ = l.Client().Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c, s := pair(t, &conn.Config{MinPing: -1, Heartbeat: adaptive}, conn.Config{Heartbeat: adaptive})
				time.Sleep(time.Hour)
				cl, sl := c.Stats().Interval, s.Stats().Interval
				require.Greater(t, max(cl, sl), 5*time.Second, "nothing learnt")
				lose(b)
				time.Sleep(100 * time.Millisecond)
				require.EqualValues(t, 2, s.Stats().Links)
				require.Equal(t, cl, c.Stats().Interval)
				require.Equal(t, sl, s.Stats().Interval)
			})
		})
	}
}
