package conn_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
)

// A message counts as consumed when the application asks for the next one.
func TestFlushWaitsForTheApplication(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{})
		require.NoError(t, give(t.Context(), c, 0, 10))
		flushed := start(func() error { return c.Flush(t.Context()) })
		time.Sleep(10 * time.Minute)
		notYet(t, flushed)
		require.NoError(t, take(t.Context(), s, 0, 10))
		time.Sleep(10 * time.Minute)
		notYet(t, flushed) // the last one is still in hand
		_, err := s.Receive(limited(t, 0))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		within(t, 100*time.Millisecond, func() { require.NoError(t, <-flushed) })
		require.Zero(t, c.Stats().Unacked)
	})
}

func TestFlushOfNothingReturnsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		b.net.Stall(conntest.Both)
		require.NoError(t, c.Flush(limited(t, 0)))
		require.NoError(t, s.Flush(limited(t, 0)))
	})
}

func TestFlushOutcomeIsUnknownWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{})
		require.NoError(t, c.Send(t.Context(), make([]byte, 95)))
		err := c.Flush(limited(t, time.Second))
		var unknown *conn.UnknownError
		require.ErrorAs(t, err, &unknown)
		require.EqualValues(t, 100, unknown.Bytes)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		_, err = s.Receive(t.Context())
		require.NoError(t, err)
		_, err = s.Receive(limited(t, time.Second))
		require.Error(t, err)
		require.NoError(t, c.Flush(t.Context()), "it may be asked again")
	})
}

func TestFlushAcrossCuts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		const n = 200
		received := start(func() error {
			if err := take(t.Context(), s, 0, n); err != nil {
				return err
			}
			_, err := takeNone(s)
			return err
		})
		links := 0
		b.eachLink(func(l *conntest.Link) {
			if links++; links < 50 {
				l.CutAfter(conntest.ToServer, int64(60+13*links), conntest.RST)
			}
		})
		b.net.Cut(conntest.RST)
		require.NoError(t, give(t.Context(), c, 0, n))
		require.NoError(t, c.Flush(limited(t, time.Hour)))
		require.Zero(t, c.Stats().Unacked)
		require.Greater(t, links, 20)
		require.NoError(t, s.Close())
		require.NoError(t, <-received)
	})
}

// takeNone receives until the session's end, expecting no message.
func takeNone(s *conn.Conn) (n int, err error) {
	for {
		if _, err := s.Receive(context.Background()); err != nil {
			return n, nil
		}
		n++
	}
}

// The window of the peer is far smaller than what is to be flushed.
func TestFlushBlockedByAFullWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, &conn.Config{Window: 100, MinPing: -1}, conn.Config{})
		require.NoError(t, give(t.Context(), c, 0, 300))
		flushed := start(func() error { return c.Flush(t.Context()) })
		notYet(t, flushed)
		require.NoError(t, take(t.Context(), s, 0, 150))
		b.net.Cut(conntest.RST)
		require.NoError(t, take(t.Context(), s, 150, 150))
		notYet(t, flushed)
		_, err := s.Receive(limited(t, 0))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		within(t, time.Second, func() { require.NoError(t, <-flushed) })
	})
}

// Each of many Flushes waits for what was accepted before it, and for no more.
func TestManyConcurrentFlushes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{})
		const n = 50
		var flushed [n]<-chan error
		for i := range n {
			require.NoError(t, give(t.Context(), c, i, 1))
			flushed[i] = start(func() error { return c.Flush(t.Context()) })
			synctest.Wait()
		}
		for i := range n {
			require.NoError(t, take(t.Context(), s, i, 1))
			time.Sleep(time.Second)
			notYet(t, flushed[i])
			if i > 0 {
				require.NoError(t, <-flushed[i-1])
			}
		}
		_, err := s.Receive(limited(t, 0))
		require.Error(t, err)
		require.NoError(t, <-flushed[n-1])
	})
}

func TestFlushSaysWhyTheSessionEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, c := range map[string]struct {
			end   func(c, s *conn.Conn)
			check func(err error)
		}{
			"the peer closed": {
				func(_, s *conn.Conn) { _ = s.Shutdown(t.Context(), 2000, "") },
				func(err error) {
					var remote *conn.CloseError
					require.ErrorAs(t, err, &remote)
					require.Equal(t, conn.Code(2000), remote.Code)
				},
			},
			"this end gave up": {
				func(c, _ *conn.Conn) { _ = c.Close() },
				func(err error) {
					var lost *conn.LostError
					require.ErrorAs(t, err, &lost)
					require.Len(t, append(lost.Unknown, lost.Undelivered...), 3)
				},
			},
		} {
			_, client, server := pair(t, nil, conn.Config{})
			require.NoError(t, give(t.Context(), client, 0, 3))
			flushed := start(func() error { return client.Flush(t.Context()) })
			notYet(t, flushed)
			c.end(client, server)
			t.Log(name)
			c.check(<-flushed)
		}
	})
}

// A link that dies with the acknowledgement on it: the next one carries it.
func TestFlushWhenTheAckIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		require.NoError(t, give(t.Context(), c, 0, 1))
		flushed := start(func() error { return c.Flush(t.Context()) })
		require.NoError(t, take(t.Context(), s, 0, 1))
		synctest.Wait()
		b.link().Stall(conntest.ToClient)
		_, err := s.Receive(limited(t, time.Second))
		require.Error(t, err)
		notYet(t, flushed)
		b.net.Cut(conntest.RST)
		within(t, time.Second, func() { require.NoError(t, <-flushed) })
		require.EqualValues(t, 2, c.Stats().Links)
	})
}
