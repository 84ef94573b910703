package conn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// Row 13: another process has taken the server's place.
func TestServerRestartIsReportedOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := make(capture, 16)
		b := newBed(t, ch, nil)
		ends := make(chan error, 16)
		c := b.dial(conn.Config{Trace: &conn.Trace{SessionEnd: func(_ *conn.Conn, err error) { ends <- err }}})
		s := <-ch
		require.NoError(t, give(t.Context(), c, 0, 3))
		require.NoError(t, take(t.Context(), s, 0, 2))
		b.restart(ch)
		<-c.Done()
		var lost *conn.LostError
		require.ErrorAs(t, c.Err(), &lost)
		require.Equal(t, conn.LostRestarted, lost.Reason)
		require.Len(t, lost.Unknown, 3)
		var refused *conn.RefusedError
		require.ErrorAs(t, lost, &refused)
		require.Equal(t, conn.RefusedEpoch, refused.Code)
		require.Equal(t, error(lost), <-ends)
		time.Sleep(time.Hour)
		require.Empty(t, ends, "reported twice")
		require.Empty(t, ch, "nothing is replayed into another session")
	})
}

// Row 14: a client that vanished. Its session ends after the TTL.
func TestVanishedClientsSessionExpires(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const ttl = time.Minute
		b, c, s := pair(t, &conn.Config{SessionTTL: ttl, MinPing: -1, Heartbeat: watch}, conn.Config{})
		require.NoError(t, give(t.Context(), s, 0, 5))
		time.Sleep(time.Second) // they arrive
		b.net.HangDials(true)
		b.link().Stall(conntest.Both)
		require.NoError(t, give(t.Context(), s, 5, 2))
		begin := time.Now()
		<-s.Done()
		took := time.Since(begin)
		require.GreaterOrEqual(t, took, ttl)
		require.LessOrEqual(t, took, ttl+time.Second)
		var lost *conn.LostError
		require.ErrorAs(t, s.Err(), &lost)
		require.Equal(t, conn.LostExpired, lost.Reason)
		require.Equal(t, 7, len(lost.Unknown)+len(lost.Undelivered))

		// The client returns too late, and learns it, after what had arrived.
		b.net.HangDials(false)
		b.net.Cut(conntest.RST)
		require.NoError(t, take(t.Context(), c, 0, 5))
		_, err := c.Receive(t.Context())
		require.ErrorAs(t, err, &lost)
		require.Equal(t, conn.LostUnknown, lost.Reason)
	})
}

func TestExpiredSessionsLeaveNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const sessions = 300
		ended := make(chan error, sessions)
		b := newBed(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			_ = c.Send(ctx, make([]byte, 10_000))
			_, err := c.Receive(ctx)
			ended <- err
			return err
		}), &conn.Config{SessionTTL: time.Second})
		synctest.Wait()
		before := ours()
		for range sessions {
			b.vanish(t, conn.Config{})
		}
		for range sessions {
			var lost *conn.LostError
			require.ErrorAs(t, <-ended, &lost)
			require.Equal(t, conn.LostExpired, lost.Reason)
		}
		time.Sleep(time.Minute)
		synctest.Wait()
		require.LessOrEqual(t, ours(), before)
	})
}

// ours counts the goroutines that the library has started; the runtime starts
// others of its own as it sees fit.
func ours() int {
	stacks := make([]byte, 1<<20)
	stacks = stacks[:runtime.Stack(stacks, true)]
	return strings.Count(string(stacks), "created by github.com/longsplice/longsplice/")
}

// vanish begins a session and kills its client.
func (b *bed) vanish(t *testing.T, cfg conn.Config) {
	ctx, cancel := context.WithCancel(t.Context())
	c, err := conn.Dial(ctx, "mem://server", b.client(cfg))
	require.NoError(t, err)
	cancel()
	b.net.Refuse(true)
	b.net.Cut(conntest.RST)
	_ = c.Close()
	b.net.Refuse(false)
}

// Row 30: the client returns and the session expires at about the same instant.
// It is resumed, or lost, and both ends agree.
func TestExpiryRacesResume(t *testing.T) {
	row.Of(t, 30, "")
	resumed, lost := 0, 0
	for seed := range uint64(500) {
		synctest.Test(t, func(t *testing.T) {
			const ttl = time.Second
			b, c, s := pair(t, &conn.Config{SessionTTL: ttl}, conn.Config{})
			rng := rand.New(rand.NewPCG(seed, 3))
			time.Sleep(time.Second) // both ends read by now
			b.net.HangDials(true)
			b.net.Cut(conntest.RST)
			synctest.Wait()
			time.Sleep(ttl + time.Duration(rng.IntN(3)-1)*time.Nanosecond)
			b.net.HangDials(false)
			time.Sleep(100 * time.Millisecond)
			var cl, sl *conn.LostError
			if errors.As(s.Err(), &sl) {
				lost++
				require.Equal(t, conn.LostExpired, sl.Reason)
				require.ErrorAs(t, c.Err(), &cl)
				require.Equal(t, conn.LostUnknown, cl.Reason)
				return
			}
			resumed++
			require.NoError(t, c.Err())
			exchange(t, c, s, 3)
		})
	}
	t.Logf("%d lost, %d resumed", lost, resumed)
	require.Positive(t, lost, "the race was not run")
	require.Positive(t, resumed, "the race was not run")
}

// What LostError says is exact, compared with what the peer's application has
// really consumed: nothing undelivered was consumed, nothing else is missing.
func TestUndeliveredAndUnknownAreExact(t *testing.T) {
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 4))
			b, c, s := pair(t, &conn.Config{SessionTTL: time.Second, Window: 200 + rng.IntN(500), MinPing: -1}, conn.Config{})
			b.net.SetSlice(conntest.ToServer, 1+rng.IntN(50))
			limit := rng.IntN(100)
			consumed := start(func() error {
				n := 0
				for n < limit {
					if _, err := s.Receive(context.Background()); err != nil {
						break
					}
					n++
				}
				_, _ = s.Receive(limited(t, time.Minute)) // consumes the last, may take one more
				return fmt.Errorf("%d", n)
			})
			n := 1 + rng.IntN(120)
			require.NoError(t, give(t.Context(), c, 0, n))
			time.Sleep(time.Duration(rng.IntN(2000)) * time.Millisecond)
			b.restart(echo)
			<-c.Done()
			var lost *conn.LostError
			require.ErrorAs(t, c.Err(), &lost)
			_ = s.Close()
			var took int
			_, _ = fmt.Sscan((<-consumed).Error(), &took)

			acked := n - len(lost.Unknown) - len(lost.Undelivered)
			require.GreaterOrEqual(t, acked, 0)
			for i, msg := range append(lost.Unknown, lost.Undelivered...) {
				require.Equal(t, numbered(acked+i), string(msg), "in order, without a gap")
			}
			require.LessOrEqual(t, acked, took, "acknowledged but not consumed")
			require.LessOrEqual(t, took, acked+len(lost.Unknown), "undelivered but consumed")
		})
	}
}

// A clean close leaves a tombstone: whoever missed the CLOSE is told it again,
// and not that the session is lost; and nothing brings the session back.
func TestLostCloseIsNoLostSession(t *testing.T) {
	for _, code := range []conn.Code{conn.CodeNormal, 1234} {
		synctest.Test(t, func(t *testing.T) {
			ended := make(chan error, 1)
			b := newBed(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
				if _, err := c.Receive(ctx); err != nil {
					return err
				}
				err := c.Shutdown(limited(t, 10*time.Second), code, "that was it")
				ended <- err
				return nil
			}), nil)
			c := b.dial(conn.Config{})
			require.NoError(t, give(t.Context(), c, 0, 1))
			b.link().Stall(conntest.ToClient)
			time.Sleep(time.Second) // the CLOSE is on its way
			b.net.HangDials(true)
			b.net.Cut(conntest.RST)
			require.NoError(t, <-ended, "nobody answered, but nothing was left to deliver")
			b.net.HangDials(false)
			_, err := c.Receive(t.Context())
			if code == conn.CodeNormal {
				require.Equal(t, io.EOF, err)
			} else {
				var remote *conn.CloseError
				require.ErrorAs(t, err, &remote)
				require.Equal(t, conn.CloseError{Code: code, Reason: "that was it", Remote: true}, *remote)
			}
			require.NoError(t, c.Close())
		})
	}
}
