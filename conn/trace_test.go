package conn_test

import (
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
)

// Each link that came up goes down once, also one that was replaced while it
// seemed alive.
func TestLinksAreTracedUpAndDown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var up, down atomic.Int64
		trace := &conn.Trace{
			LinkUp:   func(*conn.Conn, net.Addr) { up.Add(1) },
			LinkDown: func(*conn.Conn, net.Addr, error) { down.Add(1) },
		}
		b, c, s := pair(t, &conn.Config{MinPing: -1, Heartbeat: noWatch, Trace: trace}, conn.Config{Heartbeat: noWatch})
		for i := range 5 {
			time.Sleep(time.Second)
			old := b.link()
			old.Stall(conntest.Both)
			_ = old.Client().Close() // the server learns nothing of it
			time.Sleep(time.Second)
			require.NoError(t, give(t.Context(), c, i, 1))
			require.NoError(t, take(t.Context(), s, i, 1))
		}
		_ = c.Close() // the last message is in hand at the server
		synctest.Wait()
		time.Sleep(time.Second)
		require.EqualValues(t, 6, up.Load())
		require.EqualValues(t, 6, down.Load())
	})
}
