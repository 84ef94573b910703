package conn_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/reconnect"
)

// exchange has both ends send n messages and receive the other's, and closes.
// Both must see all of it, in order, and a clean end.
func exchange(t *testing.T, c, s *conn.Conn, n int) {
	t.Helper()
	// Generous: an hour of virtual time for what takes seconds.
	ctx := limited(t, time.Hour)
	served := start(func() error {
		sent := start(func() error { return give(ctx, s, 0, n) })
		got, err := takeToEOF(ctx, s)
		if err == nil && got != n {
			err = fmt.Errorf("server received %d", got)
		}
		if serr := <-sent; err == nil {
			err = serr
		}
		return err
	})
	sent := start(func() error { return give(ctx, c, 0, n) })
	require.NoError(t, take(ctx, c, 0, n))
	require.NoError(t, <-sent)
	require.NoError(t, c.Shutdown(ctx, conn.CodeNormal, ""))
	require.NoError(t, <-served)
}

// Row 1: a reset or an end after every single byte of either direction, on the
// first link and on the one after.
func TestCutAtEveryByte(t *testing.T) {
	row.Of(t, 1, "")
	const n = 8
	for _, how := range []conntest.Ending{conntest.RST, conntest.FIN} {
		for _, way := range []conntest.Direction{conntest.ToServer, conntest.ToClient} {
			longest := int64(1)
			for at := int64(0); at < longest; at++ {
				synctest.Test(t, func(t *testing.T) {
					ch := make(capture, 16)
					b := newBed(t, ch, nil)
					b.eachLink(func(l *conntest.Link) {
						if l.ID() <= 2 {
							l.CutAfter(way, at, how)
						}
					})
					c := b.dial(conn.Config{})
					s := <-ch
					for s.ID() != c.ID() { // a WELCOME that was cut leaves a session that nobody knows
						s = <-ch
					}
					exchange(t, c, s, n)
					for _, l := range b.net.Links() {
						longest = max(longest, l.Written(way))
					}
					longest = max(longest, 400)
				})
			}
		}
	}
}

// Thousands of runs with random cuts, stalls and slices.
func TestRandomFaultsLoseNothing(t *testing.T) {
	runs := 1500
	if testing.Short() {
		runs = 50
	}
	for seed := range uint64(runs) {
		synctest.Test(t, func(t *testing.T) {
			defer func() {
				if t.Failed() {
					t.Logf("seed %d", seed)
				}
			}()
			rng := rand.New(rand.NewPCG(seed, 1))
			small := &conn.Config{MinPing: -1, Heartbeat: watch, Window: 50 + rng.IntN(2000), SendBuffer: 50 + rng.IntN(2000)}
			b, c, s := pair(t, small, conn.Config{Heartbeat: watch, Window: 50 + rng.IntN(2000), SendBuffer: 50 + rng.IntN(2000)})
			b.net.SetLatency(conntest.Both, time.Duration(rng.IntN(3))*time.Millisecond)
			done := make(chan struct{})
			faults := start(func() error { return b.torment(rng, done) })
			exchange(t, c, s, 100)
			close(done)
			require.NoError(t, <-faults)
		})
	}
}

// torment injects faults one after another, until done, and heals.
func (b *bed) torment(rng *rand.Rand, done <-chan struct{}) error {
	way := func() conntest.Direction { return conntest.Direction(1 + rng.IntN(3)) }
	for range 30 {
		select {
		case <-done:
			return nil
		case <-time.After(time.Duration(rng.IntN(20_000)) * time.Microsecond):
		}
		links := b.net.Links()
		switch rng.IntN(6) {
		case 0:
			b.net.Cut(conntest.RST)
		case 1:
			b.net.Cut(conntest.FIN)
		case 2, 3:
			if len(links) > 0 {
				links[0].CutAfter(way(), int64(rng.IntN(300)), conntest.RST)
			}
		case 4:
			b.net.SetSlice(way(), 1+rng.IntN(10))
		case 5:
			if len(links) > 0 {
				links[0].Stall(way()) // the heartbeat finds out
			}
		}
	}
	return nil
}

// Row 19.
func TestAThousandImmediateResumes(t *testing.T) {
	row.Of(t, 19, "")
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{Retry: reconnect.Policy{StableAfter: -1, InitialDelay: time.Nanosecond, MaxDelay: time.Nanosecond}})
		for i := range 1000 {
			require.NoError(t, give(t.Context(), c, i, 1))
			b.net.Cut(conntest.RST)
			require.NoError(t, take(t.Context(), s, i, 1))
		}
		require.GreaterOrEqual(t, c.Stats().Links, uint64(1000))
		require.EqualValues(t, 1000, s.Stats().Received)
	})
}

// Row 34: links that die young do not reset the backoff.
func TestFlappingDoesNotResetTheBackoff(t *testing.T) {
	row.Of(t, 34, "")
	synctest.Test(t, func(t *testing.T) {
		ch := make(capture, 16)
		b := newBed(t, ch, nil)
		b.eachLink(func(l *conntest.Link) { time.AfterFunc(50*time.Millisecond, func() { l.Cut(conntest.RST) }) })
		c := b.dial(conn.Config{Retry: reconnect.Policy{InitialDelay: 100 * time.Millisecond, MaxDelay: 30 * time.Second}})
		s := <-ch
		time.Sleep(10 * time.Minute)
		links := c.Stats().Links
		require.Less(t, links, uint64(60), "the delay must grow to half a minute")
		require.Greater(t, links, uint64(15))
		b.eachLink(nil)
		exchange(t, c, s, 100)
	})
}

// Row 29: what is sent while the replay is under way comes behind it.
func TestSendsDuringReplayKeepTheirOrder(t *testing.T) {
	row.Of(t, 29, "")
	for seed := range uint64(200) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 2))
			b, c, s := pair(t, nil, conn.Config{})
			b.net.SetSlice(conntest.ToServer, 5)
			b.net.SetLatency(conntest.ToServer, time.Millisecond)
			b.link().Stall(conntest.ToServer)
			require.NoError(t, give(t.Context(), c, 0, 50))
			b.net.Cut(conntest.RST)
			sent := start(func() error {
				for i := 50; i < 150; i++ {
					time.Sleep(time.Duration(rng.IntN(100)) * time.Microsecond)
					if err := give(t.Context(), c, i, 1); err != nil {
						return err
					}
				}
				return nil
			})
			require.NoError(t, take(t.Context(), s, 0, 150))
			require.NoError(t, <-sent)
		})
	}
}

// Row 17: the client comes back while its old link still lives on the server.
func TestResumeWhileTheOldLinkLives(t *testing.T) {
	row.Of(t, 17, "")
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{Heartbeat: watch})
		for i := range 50 {
			old := b.link()
			old.Stall(conntest.Both)
			require.NoError(t, give(t.Context(), c, i, 1))
			require.NoError(t, give(t.Context(), s, i, 1))
			require.NoError(t, take(t.Context(), s, i, 1)) // on another link
			require.NoError(t, take(t.Context(), c, i, 1))
			old.Heal(conntest.Both) // what was on its way arrives behind the times
			synctest.Wait()
		}
		require.EqualValues(t, 50, s.Stats().Received)
		require.EqualValues(t, 50, c.Stats().Received)
		time.Sleep(time.Minute)
		links := c.Stats().Links
		time.Sleep(time.Hour)
		require.Equal(t, links, c.Stats().Links, "one generation survives")
	})
}

// A dial that was given up for lost comes back late with a transport: it must
// not take the session from the link that it has by then.
func TestALateDialLeavesItsSuccessorAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b *bed
		var dials atomic.Int32
		dial := func(ctx context.Context, address string) (net.Conn, error) {
			if dials.Add(1) == 2 {
				time.Sleep(30 * time.Second) // it does not heed its context
				ctx = context.WithoutCancel(ctx)
			}
			return b.net.Dial(ctx, address)
		}
		ch := make(capture, 16)
		b = newBed(t, ch, nil)
		c := b.dial(conn.Config{DialTimeout: time.Second, Dialers: map[string]conn.DialFunc{"mem": dial}})
		s := <-ch
		b.net.Cut(conntest.RST)
		time.Sleep(10 * time.Second)
		require.EqualValues(t, 2, c.Stats().Links)
		require.True(t, c.Stats().Connected)
		time.Sleep(time.Minute)
		require.EqualValues(t, 2, c.Stats().Links, "the late dial took the session away")
		exchange(t, c, s, 10)
	})
}
