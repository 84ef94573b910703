package conn_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
)

// Row 16: data is in flight both ways, and nothing of it is unknown afterwards.
func TestGracefulDrainLeavesNothingUnknown(t *testing.T) {
	const clients, n = 20, 300
	synctest.Test(t, func(t *testing.T) {
		received := make(chan int, clients)
		b := newBed(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			sent := start(func() error { return give(ctx, c, 0, n) })
			got, err := takeToEOF(ctx, c)
			received <- got
			return errors.Join(err, <-sent)
		}), nil)
		b.net.SetLatency(conntest.Both, 20*time.Millisecond)
		type result struct {
			sent, got int
			err       error
		}
		results := make(chan result, clients)
		for range clients {
			c := b.dial(conn.Config{})
			go func() {
				var r result
				sent := make(chan int)
				go func() {
					i := 0
					for ; give(t.Context(), c, i, 1) == nil; i++ {
						time.Sleep(time.Millisecond)
					}
					sent <- i
				}()
				for ; ; r.got++ {
					msg, err := c.Receive(t.Context())
					if err != nil {
						r.err = err
						break
					}
					require.Equal(t, numbered(r.got), string(msg))
				}
				r.sent = <-sent
				results <- r
			}()
		}
		time.Sleep(100 * time.Millisecond)
		require.NoError(t, b.srv.Shutdown(limited(t, time.Minute)))
		sent, got := 0, 0
		for range clients {
			r := <-results
			var remote *conn.CloseError
			require.ErrorAs(t, r.err, &remote)
			require.Equal(t, conn.CodeGoingAway, remote.Code)
			require.Equal(t, n, r.got, "what the server had accepted is delivered")
			require.Positive(t, r.sent)
			sent += r.sent
			got += <-received
		}
		require.Equal(t, sent, got, "what the clients had accepted is delivered")
	})
}

// The drain waits for a session whose client is away, and new sessions are
// refused meanwhile.
func TestDrainWaitsForDetachedClients(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		received := make(chan int, 1)
		b := newBed(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			n, err := takeToEOF(ctx, c)
			received <- n
			return err
		}), nil)
		c := b.dial(conn.Config{})
		time.Sleep(time.Second)
		b.net.Refuse(true)
		b.net.Cut(conntest.RST)
		require.NoError(t, give(t.Context(), c, 0, 10))
		down := start(func() error { return b.srv.Shutdown(context.Background()) })
		time.Sleep(time.Minute)
		notYet(t, down)

		b.net.Refuse(false)
		_, err := conn.Dial(limited(t, 100*time.Millisecond), "mem://server", b.client(conn.Config{}))
		var refused *conn.RefusedError
		require.ErrorAs(t, err, &refused)
		require.Equal(t, conn.RefusedGoingAway, refused.Code)

		require.NoError(t, <-down)
		require.Equal(t, 10, <-received)
		<-c.Done()
		require.NoError(t, c.Close())
		require.Zero(t, c.Stats().Unacked)
	})
}

func TestDrainEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		handled := make(chan error, 2)
		b := newBed(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			<-ctx.Done() // it never receives
			handled <- nil
			return ctx.Err()
		}), nil)
		c := b.dial(conn.Config{})
		away := b.dial(conn.Config{})
		require.NoError(t, give(t.Context(), c, 0, 10))
		time.Sleep(time.Second)
		b.link().Stall(conntest.Both)
		within(t, 11*time.Second, func() {
			err := b.srv.Shutdown(limited(t, 10*time.Second))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, "2 sessions")
		})
		<-handled
		<-handled
		<-c.Done()
		var lost *conn.LostError
		require.ErrorAs(t, c.Err(), &lost, "it is told, and what was not consumed")
		require.Len(t, append(lost.Unknown, lost.Undelivered...), 10)
		_ = away
	})
}

// A client that is asked to leave can still receive and flush, and accepts
// nothing new.
func TestClientThatIsAskedToLeave(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		require.NoError(t, give(t.Context(), c, 0, 5))
		time.Sleep(time.Second)
		down := start(func() error { return b.srv.Shutdown(limited(t, time.Hour)) })
		time.Sleep(time.Second)
		notYet(t, down)
		var remote *conn.CloseError
		require.ErrorAs(t, c.Send(t.Context(), nil), &remote)
		require.Equal(t, conn.CodeGoingAway, remote.Code)
		require.NoError(t, give(t.Context(), s, 0, 5), "the other direction is open")
		require.NoError(t, take(t.Context(), c, 0, 5))
		flushed := start(func() error { return c.Flush(t.Context()) })
		n, err := takeToEOF(t.Context(), s)
		require.NoError(t, err)
		require.Equal(t, 5, n)
		require.NoError(t, <-flushed)
		closed := start(s.Close)
		_, err = c.Receive(t.Context())
		require.Equal(t, io.EOF, err)
		require.NoError(t, <-closed)
		require.NoError(t, <-down)
	})
}

// A cut in the middle of the drain: the request to leave is made again.
func TestDrainAcrossACut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		received := make(chan int, 1)
		b := newBed(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			n, err := takeToEOF(ctx, c)
			received <- n
			return err
		}), nil)
		c := b.dial(conn.Config{})
		time.Sleep(time.Second)
		b.link().Stall(conntest.Both)
		require.NoError(t, give(t.Context(), c, 0, 100))
		down := start(func() error { return b.srv.Shutdown(limited(t, time.Hour)) })
		time.Sleep(time.Second)
		b.net.Cut(conntest.RST) // GOAWAY was on its way
		require.NoError(t, <-down)
		require.Equal(t, 100, <-received)
		require.NoError(t, c.Close())
	})
}

func TestServeAfterShutdown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, echo, nil)
		require.NoError(t, b.srv.Shutdown(t.Context()))
		require.NoError(t, b.srv.Shutdown(t.Context()))
		require.NoError(t, b.srv.Close())
		ln, err := b.net.Listen("another")
		require.NoError(t, err)
		require.ErrorIs(t, b.srv.Serve(t.Context(), ln), conn.ErrServerClosed)
		client, server := conntest.Pipe()
		defer client.Close()
		require.ErrorIs(t, b.srv.ServeConn(t.Context(), server), conn.ErrServerClosed)
	})
}

// A server that closes ends its clients, wherever the last bytes are: they do
// not go on dialling to answer a CLOSE that they have received.
func TestClosedServerEndsItsClients(t *testing.T) {
	for i := range 30 {
		synctest.Test(t, func(t *testing.T) {
			b, c, _ := pair(t, nil, conn.Config{})
			b.net.SetLatency(conntest.Both, time.Duration(i)*time.Millisecond)
			time.Sleep(time.Second)
			_ = b.srv.Close()
			within(t, time.Second, func() { <-c.Done() })
			var remote *conn.CloseError
			require.ErrorAs(t, c.Err(), &remote)
			require.Equal(t, conn.CodeGoingAway, remote.Code)
			require.NoError(t, c.Close())
		})
	}
}

// A client that could not answer the CLOSE before the server was replaced has
// lost nothing, and must not say so.
func TestUnansweredCloseIsNoLostSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		time.Sleep(time.Second)
		b.net.Refuse(true)
		// The CLOSE arrives, which is 23 bytes, and nothing leaves any more.
		b.link().CutAfter(conntest.ToClient, 23, conntest.RST)
		go s.Shutdown(limited(t, time.Second), conn.CodeNormal, "")
		time.Sleep(2 * time.Second)
		b.restart(echo)
		b.net.Refuse(false)
		<-c.Done()
		var lost *conn.LostError
		require.False(t, errors.As(c.Err(), &lost), "%v", c.Err())
	})
}
