package conn

import (
	"context"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/reconnect"
)

// endOf returns how long it takes until nc is closed at the other end, and what
// came before that.
func endOf(t *testing.T, nc net.Conn) (time.Duration, []byte) {
	began := time.Now()
	require.NoError(t, nc.SetReadDeadline(began.Add(time.Minute)))
	got, err := io.ReadAll(nc)
	var timeout net.Error
	require.False(t, err != nil && isTimeout(err, &timeout), "never closed")
	return time.Since(began), got
}

func TestSilentClientIsClosedAtTheHandshakeTimeout(t *testing.T) {
	for want, cfg := range map[time.Duration]*Config{
		5 * time.Second: nil,
		time.Second:     {HandshakeTimeout: time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			r := inMemory(t, nil, cfg)
			nc := r.dial("")
			defer nc.Close()
			after, got := endOf(t, nc)
			require.Equal(t, want, after)
			require.Empty(t, got)
			require.Len(t, traced(r, &r.refused), 1)
		})
	}
}

func TestTrickleDoesNotProlongTheHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, nil)
		nc := r.dial("")
		defer nc.Close()
		h := rawHello()
		var wg sync.WaitGroup
		defer wg.Wait()
		wg.Go(func() {
			for _, b := range h.Append(nil) {
				if _, err := nc.Write([]byte{b}); err != nil {
					return
				}
				time.Sleep(time.Second) // of the bubble
			}
		})
		after, got := endOf(t, nc)
		require.Equal(t, 5*time.Second, after)
		require.Empty(t, got)
	})
}

// An Authenticate that hangs on its own account is held to the same time.
func TestAuthenticationIsPartOfTheHandshake(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, nil, &Config{Authenticate: func(ctx context.Context, _ Peer) (string, error) {
			<-ctx.Done()
			return "late", nil
		}})
		nc := r.dial("")
		defer nc.Close()
		h := rawHello()
		_, err := nc.Write(h.Append(nil))
		require.NoError(t, err)
		after, _ := endOf(t, nc)
		require.Equal(t, 5*time.Second, after)
		require.Zero(t, r.srv.sessions.len())
	})
}

func TestSilentServerFailsTheAttempt(t *testing.T) {
	for want, cfg := range map[time.Duration]Config{
		5 * time.Second:        {},
		time.Second:            {HandshakeTimeout: time.Second},
		300 * time.Millisecond: {DialTimeout: 300 * time.Millisecond},
	} {
		synctest.Test(t, func(t *testing.T) {
			raw := rawServer(t, func(_ int, p *rawPeer) { p.accept() })
			cfg.Dialers, cfg.Retry = raw.Dialers, reconnect.Policy{MaxAttempts: 1}
			began := time.Now()
			_, err := Dial(t.Context(), "raw://", &cfg)
			require.Error(t, err)
			require.Equal(t, want, time.Since(began))
		})
	}
}

func TestDialGivesUpOnASilentServerWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		raw := rawServer(t, func(_ int, p *rawPeer) { p.accept() })
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		began := time.Now()
		_, err := Dial(ctx, "raw://", raw)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(began))
	})
}

// A server that answers with something else is tried again, as it may be on its
// way up; what it said is not taken for an answer.
func TestServerThatTalksNonsenseIsTriedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cfg := rawServer(t, func(n int, p *rawPeer) {
			p.accept()
			switch n {
			case 1:
				p.write([]byte("HTTP/1.1 400 Bad Request\r\n\r\n"))
			case 2:
				_ = p.nc.Close()
			case 3:
				p.write([]byte{0xff, 0xff, 0xff, 0xff, 0x02})
			default:
				p.write(rawWelcome(false).Append(nil))
			}
		})
		c, err := Dial(t.Context(), "raw://", cfg)
		require.NoError(t, err)
		require.Equal(t, uint64(1), c.Stats().Links)
		require.NoError(t, c.Err())
		// Nobody answers the CLOSE; Close does not wait for ever.
		began := time.Now()
		_ = c.Close()
		require.LessOrEqual(t, time.Since(began), 2*time.Second)
	})
}

// A thousand links from one address drip a byte a second each. Their handshakes
// end in time, and nobody else waits.
func TestSlowlorisHarmsNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &conntest.Network{}
		ln, err := network.Listen("server")
		require.NoError(t, err)
		r := newRig(t, nil, nil)
		go func() { _ = r.srv.Serve(context.Background(), ln) }() // ends with the server

		const n = 1000
		began := time.Now()
		ended := make(chan time.Duration, n)
		for i := range n {
			nc, err := network.DialFrom(t.Context(), fmt.Sprintf("127.0.0.2:%d", 1000+i), "server")
			require.NoError(t, err)
			go func() {
				defer nc.Close()
				for {
					if _, err := nc.Write([]byte{0}); err != nil {
						ended <- time.Since(began)
						return
					}
					time.Sleep(time.Second) // of the bubble
				}
			}()
		}
		synctest.Wait()
		require.Len(t, r.srv.gate.sources, 1)
		honest, err := network.DialFrom(t.Context(), "127.0.0.1:1", "server")
		require.NoError(t, err)
		p := newRawPeer(t, honest)
		p.greet(rawHello())
		require.Less(t, time.Since(began), time.Second)
		for range n {
			require.LessOrEqual(t, <-ended, 6*time.Second, "the write after the one that is answered with a reset fails")
		}
		synctest.Wait()
		require.Empty(t, r.srv.gate.sources, "nothing is kept of them")
		require.Len(t, traced(r, &r.refused), n)
	})
}
