package conn_test

import (
	"context"
	"io"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
)

func TestShutdownDeliversFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		b.net.SetLatency(conntest.Both, 30*time.Millisecond)
		require.NoError(t, give(t.Context(), c, 0, 1000))
		down := start(func() error { return c.Shutdown(t.Context(), conn.CodeNormal, "") })
		time.Sleep(time.Hour)
		notYet(t, down) // the peer's application takes its time
		n, err := takeToEOF(t.Context(), s)
		require.NoError(t, err)
		require.Equal(t, 1000, n)
		within(t, time.Second, func() { require.NoError(t, <-down) })
		require.ErrorIs(t, c.Err(), conn.ErrClosed)
	})
}

func TestShutdownWithoutLinkDeliversAfterTheResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		b.net.Refuse(true)
		b.net.Cut(conntest.RST)
		require.NoError(t, give(t.Context(), c, 0, 10))
		down := start(func() error { return c.Shutdown(t.Context(), conn.CodeNormal, "") })
		time.Sleep(time.Minute)
		notYet(t, down)
		b.net.Refuse(false)
		n, err := takeToEOF(t.Context(), s)
		require.NoError(t, err)
		require.Equal(t, 10, n)
		require.NoError(t, <-down)
	})
}

// Both sides close with inboxes that nobody will read: neither waits for the
// other's application, and both say what was not consumed.
func TestBothCloseWithFullInboxes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, &conn.Config{Window: 1000, MinPing: -1}, conn.Config{Window: 1000})
		require.NoError(t, give(t.Context(), c, 0, 200))
		require.NoError(t, give(t.Context(), s, 0, 200))
		time.Sleep(time.Second)
		down := start(func() error { return s.Shutdown(t.Context(), conn.CodeNormal, "") })
		within(t, time.Second, func() {
			for _, err := range []error{c.Shutdown(t.Context(), conn.CodeNormal, ""), <-down} {
				var lost *conn.LostError
				require.ErrorAs(t, err, &lost)
				require.Equal(t, conn.LostClosed, lost.Reason)
				require.Len(t, lost.Undelivered, 200)
				require.Empty(t, lost.Unknown, "the peer has said what it consumed")
			}
		})
	})
}

func TestCloseIsIdempotentAndConcurrent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{})
		closed := start(func() error { _, err := takeToEOF(t.Context(), s); return err })
		var all sync.WaitGroup
		for range 20 {
			all.Go(func() {
				require.NoError(t, c.Close())
				<-c.Done()
			})
		}
		all.Wait()
		require.NoError(t, <-closed)
		require.NoError(t, c.Close())
		require.NoError(t, c.Shutdown(t.Context(), 99, "too late"))
	})
}

// Closing after the peer has closed in good order is no error, whichever CLOSE
// came first.
func TestCloseAfterThePeersCleanEnd(t *testing.T) {
	for _, code := range []conn.Code{conn.CodeNormal, conn.CodeGoingAway, 2000} {
		synctest.Test(t, func(t *testing.T) {
			_, c, s := pair(t, nil, conn.Config{})
			down := start(func() error { return s.Shutdown(t.Context(), code, "") })
			_, err := c.Receive(t.Context())
			require.Error(t, err)
			require.NoError(t, <-down)
			<-c.Done()
			require.NoError(t, c.Close(), "all was delivered: nothing failed")
		})
	}
}

// The peer's receiver is asleep for an hour, the link a black hole, or gone:
// Close takes no longer than Linger and the last words.
func TestCloseIsBounded(t *testing.T) {
	for name, hinder := range map[string]func(b *bed){
		"peer does not consume": func(*bed) {},
		"black hole":            func(b *bed) { b.net.Stall(conntest.Both) },
		"one way":               func(b *bed) { b.net.Stall(conntest.ToClient) },
		"no link":               func(b *bed) { b.net.Refuse(true); b.net.Cut(conntest.RST) },
		"dial hangs":            func(b *bed) { b.net.HangDials(true); b.net.Cut(conntest.RST) },
	} {
		for _, size := range []int{10, 1 << 20} { // the writer is idle, or stuck
			t.Run(name, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b, c, _ := pair(t, nil, conn.Config{SendBuffer: 4 << 20, WriteTimeout: -1, Heartbeat: noWatch})
					hinder(b)
					synctest.Wait()
					require.NoError(t, c.Send(t.Context(), make([]byte, size)))
					require.NoError(t, c.Send(t.Context(), make([]byte, size)))
					within(t, time.Second, func() {
						err := c.Close()
						var unknown *conn.UnknownError
						require.ErrorAs(t, err, &unknown)
						require.EqualValues(t, 2*(size+5), unknown.Bytes)
					})
					var lost *conn.LostError
					require.ErrorAs(t, c.Err(), &lost)
					require.Len(t, append(lost.Undelivered, lost.Unknown...), 2)
				})
			})
		}
	}
}

func TestCloseWithoutLinger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{Linger: -1})
		within(t, lastWords, func() { _ = c.Close() })
		_, err := s.Receive(t.Context())
		require.Error(t, err, "the peer is told")
	})
}

// lastWords is how long the library waits for a closed link's other half.
const lastWords = 250 * time.Millisecond

// A Receive that blocks when another goroutine closes does not hold it up, nor
// does it take the peer's answer away from it.
func TestShutdownWhileReceiving(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{Heartbeat: noWatch})
		got := start(func() error { _, err := c.Receive(t.Context()); return err })
		time.Sleep(time.Second)
		require.NoError(t, give(t.Context(), c, 0, 10))
		served := start(func() error { _, err := takeToEOF(t.Context(), s); return err })
		within(t, 100*time.Millisecond, func() {
			require.NoError(t, c.Shutdown(t.Context(), conn.CodeNormal, ""))
		})
		require.ErrorIs(t, <-got, conn.ErrClosed)
		require.NoError(t, <-served)
	})
}

func TestCloseFromCallbacks(t *testing.T) {
	t.Run("handler", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			b := newBed(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
				_ = c.Shutdown(ctx, 1500, "not today")
				return nil
			}), nil)
			c := b.dial(conn.Config{})
			_, err := c.Receive(t.Context())
			var remote *conn.CloseError
			require.ErrorAs(t, err, &remote)
			require.Equal(t, "not today", remote.Reason)
		})
	})
	t.Run("OnMessage", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			kept := make(chan string, 1)
			b := newBed(t, conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
				_ = c.Close()
				kept <- string(msg) // it is borrowed until this returns
				return nil
			}), nil)
			c := b.dial(conn.Config{})
			require.NoError(t, give(t.Context(), c, 0, 1))
			_, err := c.Receive(t.Context())
			require.Equal(t, io.EOF, err)
			require.Equal(t, numbered(0), <-kept)
		})
	})
	t.Run("OnState", func(t *testing.T) {
		synctest.Test(t, func(t *testing.T) {
			var c *conn.Conn
			closed := make(chan time.Duration, 1)
			b := newBed(t, echo, nil)
			c = b.dial(conn.Config{OnState: func(s conn.State) {
				if s.Phase == conn.Reconnecting {
					begin := time.Now()
					_ = c.Close()
					closed <- time.Since(begin)
				}
			}})
			b.net.Cut(conntest.RST)
			require.LessOrEqual(t, <-closed, time.Second)
			<-c.Done()
		})
	})
}
