package raw

import (
	"context"
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// elsewhere is where strangers dial from, who share no limit with honest clients.
var elsewhere = &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}

// A trickle is what a stranger says, a byte at a time, and when in the life of a
// link.
type trickle struct {
	phase string
	over  stage.Over
	below bool // on the socket, before there is a link
	said  []byte
}

func trickles(t *testing.T) []trickle {
	h := hello()
	request := []byte("GET / HTTP/1.1\r\nHost: example.org\r\nConnection: Upgrade\r\n")
	return []trickle{
		{"HELLO", stage.TCP, false, h.Append(nil)},
		{"TLS handshake", stage.TLS, true, clientHello(t)},
		{"HELLO", stage.TLS, false, h.Append(nil)},
		{"HTTP request", stage.WebSocket, true, request},
		{"HELLO", stage.WebSocket, false, h.Append(nil)},
	}
}

// Row 45 of the fault matrix. A thousand links at once drip a byte a second each. All are closed
// when a handshake may take no longer, and honest clients do not wait meanwhile.
func TestSlowloris(t *testing.T) {
	for _, trickle := range trickles(t) {
		t.Run(string(trickle.over)+", "+trickle.phase, func(t *testing.T) {
			r := row.Of(t, 45, string(trickle.over))
			r.Alone(t)
			drip(t, trickle, r)
		})
	}
}

func drip(t *testing.T, what trickle, r *row.Row) {
	const n, limit = 1000, 5 * time.Second
	s := serve(t, what.over, conn.Config{}, conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
		return c.Send(ctx, msg)
	}))
	ctx, cancel := context.WithTimeout(context.Background(), 10*patience)
	defer cancel()
	busy, pace := watch(t), watchFor(t, time.Millisecond, time.Millisecond)
	before := held()
	took := make([]time.Duration, n)
	var strangers sync.WaitGroup
	defer strangers.Wait()
	for i := range n {
		strangers.Go(func() { took[i] = what.endure(ctx, s.addr) })
	}
	// Honest clients come in the meantime.
	var slowest, worst time.Duration
	for range 8 {
		began := time.Now()
		c, err := conn.Dial(ctx, what.over.Target(s.addr), what.over.Client(&conn.Config{}))
		require.NoError(t, err)
		require.NoError(t, c.Send(ctx, []byte("honest")))
		_, err = c.Receive(ctx)
		require.NoError(t, err)
		now := time.Now()
		slowest = max(slowest, now.Sub(began))
		worst = max(worst, now.Sub(began)-pace.during(began, now))
		require.NoError(t, c.Shutdown(ctx, conn.CodeNormal, ""))
		time.Sleep(limit / 10) // spreads them over the time of the attack
	}
	grown := held() - before
	strangers.Wait()
	excuse := busy.excuse()
	var last time.Duration
	for _, d := range took {
		last = max(last, d)
	}
	require.LessOrEqual(t, last, limit+time.Second+excuse, "with the byte that finds the link closed")
	require.Less(t, worst, time.Second+tolerated, "but for the time in which the process did not run")
	r.Detected(last)
	r.Memory(grown)
	r.Note("%s: an honest dial took %v at most", what.phase, slowest.Round(time.Millisecond))
}

// endure opens a link, drips until it is closed, and returns how long that took.
func (what trickle) endure(ctx context.Context, addr string) time.Duration {
	began := time.Now()
	var nc net.Conn
	var err error
	if what.below {
		nc, err = elsewhere.DialContext(ctx, "tcp", addr)
	} else {
		nc, err = what.over.DialFrom(ctx, elsewhere, addr)
		if what.over == stage.WebSocket {
			began = time.Now() // the request has had its own time
		}
	}
	if err != nil {
		return time.Since(began) // closed before it was open: the turn never came
	}
	var dripping sync.WaitGroup
	defer dripping.Wait()
	defer nc.Close()
	closed := make(chan struct{})
	defer close(closed)
	dripping.Go(func() {
		tick := time.NewTicker(time.Second)
		defer tick.Stop()
		for _, b := range what.said {
			if _, err := nc.Write([]byte{b}); err != nil {
				return
			}
			select {
			case <-tick.C:
			case <-closed:
				return
			}
		}
	})
	_ = nc.SetReadDeadline(began.Add(patience))
	_, _ = io.Copy(io.Discard, nc)
	return time.Since(began)
}
