package proxy

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// Row 11: somebody sets the clock, an hour ahead or back. No link dies of it, no
// session that waits is lost before its time, and none lives on beyond it.
func TestWallClockJumps(t *testing.T) {
	const ttl = time.Second
	stage.Each(t, 11, func(t *testing.T, over stage.Over, r *row.Row) {
		clock := movableClock(t)
		r.Alone(t)
		busy := watchStalls(t)
		server, client := lively, lively
		server.SessionTTL = ttl
		l := open(t, over, r, setup{server: server, client: client})
		l.up.send(20)
		for _, jump := range []time.Duration{time.Hour, -time.Hour} {
			clock.move(jump)
			quiet := time.NewTimer(limit + interval/2) // longer than a link lives without an answer
			<-quiet.C
			l.up.send(20)
			l.down.send(20)
			l.up.heard()
			l.down.heard()
		}
		require.EqualValues(t, 1, l.client.Stats().Links, "the jump killed a link")

		// An hour passes on the wall while the client is away for an instant.
		l.offline()
		clock.move(time.Hour)
		l.up.send(20)
		l.down.send(20)
		require.NoError(t, l.proxy.Resume())
		healed := time.Now()
		l.recovered = l.atClient.up(t, 2).Sub(healed)
		l.up.heard()
		l.down.heard()
		l.up.settle()
		l.down.settle()

		// The clock is set back while the client is away for good.
		require.NoError(t, l.proxy.SetMode(faultproxy.Refuse))
		l.proxy.Cut(faultproxy.RST)
		gone := l.atServer.down(t, 2)
		clock.move(-time.Hour)
		select {
		case <-l.server.Done():
		case <-time.After(10 * ttl):
			require.FailNow(t, "the jump gave it more time")
		}
		ended := time.Now()
		lost := new(conn.LostError)
		require.ErrorAs(t, l.server.Err(), &lost)
		require.Equal(t, conn.LostExpired, lost.Reason)
		took := ended.Sub(gone)
		assert.GreaterOrEqual(t, took, ttl)
		assert.LessOrEqual(t, took-busy.excuse(gone, ended), ttl*11/10, "the jump gave it more time")
		r.Note("an hour ahead, back and ahead again; expired %v after its link, of %v", took.Round(time.Millisecond), ttl)
		require.NoError(t, l.client.Close())
		l.tally()
	})
}
