package proxy

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// Row 36: a handler panics. Its session closes, with an error that tells nothing of
// the panic; the others go on, and the server takes new ones.
func TestHandlerPanics(t *testing.T) {
	panics := map[string]func(){
		"value":   func() { panic("boom") },
		"error":   func() { panic(errors.New("boom")) },
		"mistake": func() { var m map[string]int; m["x"]++ },
	}
	stage.Each(t, 36, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		healthy := make(sessions, 16)
		panicked := make(chan any, 16)
		srv, address := serve(t, over, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			if cause := panics[c.Identity()]; cause != nil {
				if _, err := c.Receive(ctx); err != nil {
					return err
				}
				cause()
			}
			return healthy.ServeConn(ctx, c)
		}), &conn.Config{
			Authenticate: func(_ context.Context, p conn.Peer) (string, error) { return string(p.Credential), nil },
			Trace:        &conn.Trace{Panic: func(_ *conn.Conn, value any, _ []byte) { panicked <- value }},
		})
		dial := func(who string) *conn.Conn {
			c, err := conn.Dial(t.Context(), over.Target(address), over.Client(&conn.Config{
				Credential: func(context.Context) ([]byte, error) { return []byte(who), nil },
			}))
			require.NoError(t, err)
			t.Cleanup(func() { _ = c.Close() })
			return c
		}
		pair := func(id uint32) *line {
			l := &line{t: t, client: dial("well")}
			l.server = <-healthy
			l.up, l.down = newWay(t, id, l.client, l.server), newWay(t, id+1, l.server, l.client)
			go l.up.receive()
			go l.down.receive()
			return l
		}
		before, worst := pair(1), time.Duration(0)
		lost, doubled := 0, 0
		for who := range panics {
			victim := dial(who)
			before.up.send(20)
			began := time.Now()
			require.NoError(t, victim.Send(t.Context(), []byte("go on")))
			<-victim.Done()
			worst = max(worst, time.Since(began))
			remote := new(conn.CloseError)
			require.ErrorAs(t, victim.Err(), &remote)
			require.Equal(t, conn.CodeError, remote.Code)
			require.Empty(t, remote.Reason)
			<-panicked
			after := pair(uint32(10 + 2*len(who)))
			after.up.send(20)
			after.down.send(20)
			after.close()
			lo, d := after.books()
			lost, doubled = lost+lo, doubled+d
		}
		before.down.send(20)
		before.close()
		lo, d := before.books()
		r.Detected(worst)
		r.Messages(lost+lo, doubled+d)
		r.Note("%d handlers panicked", len(panics))
		assert.NoError(t, srv.Shutdown(t.Context()))
	})
}

// Row 37: a handler blocks, with a message in hand. The client's pings are answered,
// so that the link lives; what waits for the handler is bounded by the window; and
// when it goes on, nothing is missing.
func TestHandlerBlocks(t *testing.T) {
	const window, buffer, size = 256 << 10, 1 << 20, 1000
	stage.Each(t, 37, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		server, client := lively, lively
		server.Window, client.SendBuffer = window, buffer
		l := open(t, over, r, setup{server: server, client: client, idle: true})
		l.up.send(size)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		l.up.Ask()
		msg, err := l.server.Receive(ctx)
		require.NoError(t, err)
		l.up.Deliver(msg)
		l.up.got++ // nobody else receives yet

		before := row.Hold().Heap
		l.up.fill(t, size)
		blocked := time.NewTimer(2 * limit) // and the watch on both ends would have ended it twice
		<-blocked.C
		grown := row.Hold().Heap - before
		r.Memory(grown)
		require.LessOrEqual(t, grown, int64(buffer*11/10+2*window+(256<<10)), "the client's buffer, and the server's queue")
		s := l.client.Stats()
		require.LessOrEqual(t, s.Unacked-s.Unsent, window, "on the wire")
		require.Greater(t, s.Unacked-s.Unsent, window-2*size)
		require.EqualValues(t, 1, s.Links, "the link was given up")
		require.NoError(t, l.server.Err())
		r.Note("round trips of %v, %d messages wait at the server", s.RTT.Round(time.Microsecond), l.server.Stats().Unread)

		go l.up.receive()
		go l.down.receive()
		l.down.send(20)
		l.close()
	})
}
