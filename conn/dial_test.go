package conn_test

import (
	"context"
	"errors"
	"net"
	"sync"
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

// Rows 31 to 33: dials that hang, fail, or reach a server that says nothing.
// Whatever happens, a cancelled Dial returns within 50 ms.
func TestCancelledDialReturnsSoon(t *testing.T) {
	for name, prepare := range map[string]func(b *bed, cfg *conn.Config){
		"dial hangs": func(b *bed, _ *conn.Config) { b.net.HangDials(true) },
		"dial ignores its context": func(b *bed, cfg *conn.Config) {
			cfg.Dialers = map[string]conn.DialFunc{"mem": func(context.Context, string) (net.Conn, error) {
				time.Sleep(time.Minute)
				return nil, errors.New("late")
			}}
		},
		"refused": func(b *bed, _ *conn.Config) { b.net.Refuse(true) },
		"name unknown": func(b *bed, cfg *conn.Config) {
			cfg.Dialers = map[string]conn.DialFunc{"mem": func(context.Context, string) (net.Conn, error) {
				return nil, &net.DNSError{Err: "no such host", Name: "server", IsNotFound: true}
			}}
		},
		"accepts and is silent": func(b *bed, _ *conn.Config) {
			b.unlisten()
			_, err := b.net.Listen("server")
			require.NoError(b, err)
		},
		"black hole": func(b *bed, _ *conn.Config) { b.eachLink(func(l *conntest.Link) { l.Stall(conntest.Both) }) },
		"credential hangs": func(_ *bed, cfg *conn.Config) {
			cfg.Credential = func(ctx context.Context) ([]byte, error) { <-ctx.Done(); return nil, ctx.Err() }
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, echo, nil)
				cfg := b.client(conn.Config{})
				prepare(b, cfg)
				ctx, cancel := context.WithCancel(t.Context())
				dialled := start(func() error { _, err := conn.Dial(ctx, "mem://server", cfg); return err })
				time.Sleep(17 * time.Second)
				notYet(t, dialled)
				cancel()
				within(t, 50*time.Millisecond, func() { require.ErrorIs(t, <-dialled, context.Canceled) })
				time.Sleep(time.Minute) // a call that was left behind returns
			})
		})
	}
}

// Row 33: the server accepts and says nothing. The handshake has its timeout,
// and the next attempt follows.
func TestSilentServerFailsTheHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, echo, nil)
		b.eachLink(func(l *conntest.Link) {
			if l.ID() == 1 {
				l.Stall(conntest.ToServer)
			}
		})
		within(t, 5*time.Second+50*time.Millisecond, func() { b.dial(conn.Config{}) })
		require.GreaterOrEqual(t, len(b.net.Links()), 1)
	})
}

// Row 32: each attempt resolves anew, and every target has its turn.
func TestEachAttemptDialsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, echo, nil)
		var mu sync.Mutex
		var asked []string
		dial := func(ctx context.Context, address string) (net.Conn, error) {
			mu.Lock()
			asked = append(asked, address)
			n := len(asked)
			mu.Unlock()
			if n < 7 {
				return nil, &net.DNSError{Err: "no such host", Name: address, IsNotFound: true}
			}
			return b.net.Dial(ctx, "server")
		}
		c := b.dial(conn.Config{Dialers: map[string]conn.DialFunc{"mem": dial}, Targets: []string{"mem://b", "mem://c"}})
		require.Equal(t, []string{"server", "b", "c", "server", "b", "c", "server"}, asked)
		require.True(t, c.Stats().Connected)
	})
}

func TestUnknownSchemeIsPermanent(t *testing.T) {
	_, err := conn.Dial(t.Context(), "carrier-pigeon://loft", nil)
	require.ErrorContains(t, err, "carrier-pigeon")
}

// The context of Dial is not the connection's.
func TestDialsContextEndsWithDial(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := make(capture, 1)
		b := newBed(t, ch, nil)
		ctx, cancel := context.WithCancel(t.Context())
		c, err := conn.Dial(ctx, "mem://server", b.client(conn.Config{}))
		require.NoError(t, err)
		cancel()
		time.Sleep(time.Minute)
		b.net.Cut(conntest.RST)
		exchange(t, c, <-ch, 10)
	})
}

func TestPermanentCredentialErrorEndsTheAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, echo, nil)
		boom := errors.New("no key")
		var calls atomic.Int32
		_, err := conn.Dial(t.Context(), "mem://server", b.client(conn.Config{Credential: func(context.Context) ([]byte, error) {
			if calls.Add(1) < 3 {
				return nil, boom
			}
			return nil, reconnect.Permanent(boom)
		}}))
		require.ErrorIs(t, err, boom)
		require.EqualValues(t, 3, calls.Load())
	})
}

// OnState tells a whole life, in order and never concurrently.
func TestOnStateTellsTheWholeLife(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, echo, nil)
		var busy atomic.Bool
		var phases []conn.Phase
		closed := make(chan conn.State, 1)
		c := b.dial(conn.Config{OnState: func(s conn.State) {
			require.True(t, busy.CompareAndSwap(false, true))
			time.Sleep(time.Millisecond)
			phases = append(phases, s.Phase)
			require.NotEmpty(t, s.String())
			busy.Store(false)
			if s.Phase == conn.Closed {
				closed <- s
			}
		}})
		time.Sleep(time.Second)
		b.net.Cut(conntest.RST)
		time.Sleep(time.Second)
		require.NoError(t, c.Close())
		s := <-closed
		require.ErrorIs(t, s.Err, conn.ErrClosed)
		require.Equal(t, []conn.Phase{conn.Connecting, conn.Connected, conn.Reconnecting,
			conn.Connecting, conn.Resumed, conn.Closed}, phases)
	})
}

// Row 28: without a link messages gather up to the send buffer, and no further.
func TestOfflineOverflow(t *testing.T) {
	row.Of(t, 28, "")
	synctest.Test(t, func(t *testing.T) {
		const buffer = 10_000
		b, c, s := pair(t, &conn.Config{MinPing: -1, SendBuffer: buffer}, conn.Config{SendBuffer: buffer})
		time.Sleep(time.Second)
		b.net.HangDials(true)
		b.net.Cut(conntest.RST)
		synctest.Wait()
		fill := func(end *conn.Conn) (n int, waiting <-chan error) {
			for ; end.TrySend([]byte(numbered(n))) == nil; n++ {
			}
			require.LessOrEqual(t, end.Stats().Unacked, buffer)
			require.Greater(t, end.Stats().Unacked, buffer-100)
			require.ErrorIs(t, end.Send(limited(t, time.Second), make([]byte, 100)), context.DeadlineExceeded)
			waiting = start(func() error { return give(t.Context(), end, n, 1) })
			notYet(t, waiting)
			return n + 1, waiting
		}
		cn, cwaits := fill(c)
		sn, swaits := fill(s)
		b.net.HangDials(false)
		require.NoError(t, take(t.Context(), c, 0, sn))
		require.NoError(t, take(t.Context(), s, 0, cn))
		require.NoError(t, <-cwaits)
		require.NoError(t, <-swaits)
	})
}
