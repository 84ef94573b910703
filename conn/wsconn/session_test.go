package wsconn_test

import (
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
	"github.com/longsplice/longsplice/reconnect"
)

// soon is a policy for tests, which have no time to lose.
var soon = reconnect.Policy{InitialDelay: time.Millisecond, MaxDelay: 20 * time.Millisecond}

func echo(ctx context.Context, c *conn.Conn) error {
	for msg, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := c.Send(ctx, msg); err != nil {
			return err
		}
	}
	return nil
}

// numbered exchanges n numbered messages each way with an echo, as fast as they
// go, and sees that each comes back once and in order.
func numbered(ctx context.Context, c *conn.Conn, n int) error {
	sent := make(chan error, 1)
	go func() {
		msg := make([]byte, 8, 8+300)
		for i := range n {
			binary.BigEndian.PutUint64(msg, uint64(i))
			if err := c.Send(ctx, msg[:8+i%300]); err != nil {
				sent <- fmt.Errorf("send %d: %w", i, err)
				return
			}
		}
		sent <- nil
	}()
	for i := range n {
		msg, err := c.Receive(ctx)
		if err != nil {
			return errors.Join(fmt.Errorf("receive %d: %w", i, err), <-sent)
		}
		if len(msg) != 8+i%300 || binary.BigEndian.Uint64(msg) != uint64(i) {
			return fmt.Errorf("message %d came as %x", i, msg[:8])
		}
	}
	return <-sent
}

// A house is one server with a way in of each kind.
type house struct {
	srv     *conn.Server
	targets map[string]string
	dialers map[string]conn.DialFunc
	tls     *tls.Config
}

func newHouse(t *testing.T, cfg *conn.Config) *house {
	h := &house{srv: conn.NewServer(conn.HandlerFunc(echo), cfg), targets: map[string]string{}}
	t.Cleanup(func() { _ = h.srv.Close() })
	ln := wsconn.NewListener(nil)
	go h.srv.Serve(context.Background(), ln)
	plain, secure := serve(t, false, ln), serve(t, true, ln)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go h.srv.Serve(context.Background(), tcp)
	h.targets["ws"], h.targets["wss"], h.targets["tcp"] = plain.target, secure.target, "tcp://"+tcp.Addr().String()
	h.tls = secure.client
	h.dialers = wsconn.Dialers(&wsconn.Dialer{TLS: secure.client})
	return h
}

func TestSession(t *testing.T) {
	h := newHouse(t, nil)
	for _, scheme := range []string{"ws", "wss"} {
		t.Run(scheme, func(t *testing.T) {
			ctx := limited(t, 2*time.Minute)
			c, err := conn.Dial(ctx, h.targets[scheme], &conn.Config{Retry: soon, Dialers: h.dialers})
			require.NoError(t, err)
			require.NoError(t, numbered(ctx, c, 5000))
			// The contexts of calls may end, and the link lives on.
			for range 20 {
				short, cancel := context.WithTimeout(ctx, time.Millisecond)
				_, err := c.Receive(short)
				require.Equal(t, context.DeadlineExceeded, err)
				cancel()
				require.NoError(t, numbered(ctx, c, 10))
			}
			big := make([]byte, 1<<20)
			require.NoError(t, c.Send(ctx, big))
			msg, err := c.Receive(ctx)
			require.NoError(t, err)
			require.Equal(t, big, msg)
			require.EqualValues(t, 1, c.Stats().Links)
			require.NoError(t, c.Close())
		})
	}
}

// A session goes on over whatever transport there is, in any order.
func TestSessionChangesTransport(t *testing.T) {
	for _, path := range [][]string{{"tcp", "ws"}, {"ws", "tcp"}, {"ws", "wss", "tcp", "wss", "ws"}} {
		t.Run(fmt.Sprint(path), func(t *testing.T) {
			h := newHouse(t, &conn.Config{MaxFailedResumes: -1})
			links := make(chan net.Conn, 1) // of the client
			step := 0
			// One target that is another transport each time.
			dial := func(ctx context.Context, _ string) (net.Conn, error) {
				scheme := path[step%len(path)]
				var nc net.Conn
				var err error
				if d := h.dialers[scheme]; d != nil {
					nc, err = d(ctx, h.targets[scheme][len(scheme)+3:])
				} else {
					nc, err = net.Dial("tcp", h.targets[scheme][len(scheme)+3:])
				}
				if err == nil {
					step++
					links <- nc
				}
				return nc, err
			}
			ctx := limited(t, 2*time.Minute)
			c, err := conn.Dial(ctx, "any://", &conn.Config{Retry: soon, Dialers: map[string]conn.DialFunc{"any": dial}})
			require.NoError(t, err)
			defer c.Close()
			id := c.ID()
			done := make(chan error, 1)
			go func() {
				var err error
				// A cut may come in a handshake, which makes no link.
				for err == nil && c.Stats().Links <= uint64(len(path)) {
					err = numbered(ctx, c, 10_000)
				}
				done <- err
			}()
			for {
				select {
				case nc := <-links:
					time.AfterFunc(20*time.Millisecond, func() { // in the middle of it
						if under, ok := nc.(*wsconn.Conn); ok {
							nc = under.Socket()
						}
						_ = nc.(*net.TCPConn).SetLinger(0)
						_ = nc.Close()
					})
					continue
				case err = <-done:
				}
				break
			}
			require.NoError(t, err)
			require.Equal(t, id, c.ID())
		})
	}
}

// What Authenticate sees of a WebSocket.
func TestAuthenticate(t *testing.T) {
	peers := make(chan conn.Peer, 1)
	h := newHouse(t, &conn.Config{Authenticate: func(_ context.Context, p conn.Peer) (string, error) {
		peers <- p
		return "", nil
	}})
	for _, scheme := range []string{"ws", "wss"} {
		c, err := conn.Dial(limited(t, 10*time.Second), h.targets[scheme], &conn.Config{Dialers: wsconn.Dialers(&wsconn.Dialer{
			TLS:    h.tls,
			Header: http.Header{"X-Forwarded-For": {"192.0.2.1"}},
		})})
		require.NoError(t, err)
		p := <-peers
		require.True(t, p.RemoteAddr.(*net.TCPAddr).IP.IsLoopback(), "and not what a header says")
		under := p.Transport.(*wsconn.Conn)
		require.Equal(t, scheme == "wss", under.ConnectionState().HandshakeComplete)
		require.IsType(t, &net.TCPConn{}, under.Socket())
		require.NoError(t, c.Close())
	}
}

// Shutdown ends sessions whose connections no http.Server knows of any more, and
// requests after it are turned away.
func TestShutdown(t *testing.T) {
	h := newHouse(t, nil)
	ctx := limited(t, 2*time.Minute)
	var clients []*conn.Conn
	for _, scheme := range []string{"ws", "wss"} {
		c, err := conn.Dial(ctx, h.targets[scheme], &conn.Config{Retry: soon, Dialers: h.dialers})
		require.NoError(t, err)
		defer c.Close()
		require.NoError(t, c.Send(ctx, []byte("accepted before")))
		clients = append(clients, c)
	}
	shut := make(chan error, 1)
	go func() { shut <- h.srv.Shutdown(ctx) }()
	for _, c := range clients {
		msg, err := c.Receive(ctx)
		require.NoError(t, err)
		require.Equal(t, "accepted before", string(msg))
		_, err = c.Receive(ctx)
		var left *conn.CloseError
		require.ErrorAs(t, err, &left)
		require.Equal(t, conn.CodeGoingAway, left.Code)
	}
	require.NoError(t, <-shut)
	_, err := (&wsconn.Dialer{}).Dial(ctx, h.targets["ws"])
	var status *wsconn.StatusError
	require.ErrorAs(t, err, &status)
	require.Equal(t, http.StatusServiceUnavailable, status.Code)
}

// A page that closes its WebSocket is answered, whatever became of its session.
func TestCloseIsAnswered(t *testing.T) {
	h := newHouse(t, nil)
	for _, scheme := range []string{"ws", "wss"} {
		nc, err := h.dialers[scheme](limited(t, 10*time.Second), h.targets[scheme][len(scheme)+3:])
		require.NoError(t, err)
		require.NoError(t, nc.(*wsconn.Conn).CloseWrite())
		_, err = io.ReadAll(nc)
		require.NoError(t, err)
		require.NoError(t, nc.Close())
	}
}

// Nothing is left of sessions that have been: no goroutine, no descriptor.
func TestNothingIsLeft(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("counts descriptors in /proc")
	}
	descriptors := func() int {
		all, err := os.ReadDir("/proc/self/fd")
		require.NoError(t, err)
		return len(all)
	}
	h := newHouse(t, nil)
	ctx := limited(t, 2*time.Minute)
	var files, goroutines int
	for round := range 2 {
		for i := range 30 {
			scheme := []string{"ws", "wss"}[i%2]
			c, err := conn.Dial(ctx, h.targets[scheme], &conn.Config{Retry: soon, Dialers: h.dialers})
			require.NoError(t, err)
			require.NoError(t, numbered(ctx, c, 10))
			require.NoError(t, c.Close())
			// And some that never become sessions.
			nc, err := h.dialers[scheme](ctx, h.targets[scheme][len(scheme)+3:])
			require.NoError(t, err)
			if i%4 < 2 {
				_, err = nc.Write([]byte("this is no HELLO"))
				require.NoError(t, err)
				_, err = io.ReadAll(nc)
				require.NoError(t, err, "a stranger is turned away with a close frame")
			}
			_ = nc.Close() // TLS may say that the server has gone
		}
		if round == 0 { // what happens for the first time has happened
			require.Eventually(t, func() bool {
				files, goroutines = descriptors(), runtime.NumGoroutine()
				return goroutines < 40
			}, 5*time.Second, 10*time.Millisecond)
		}
	}
	require.Eventually(t, func() bool {
		return descriptors() <= files && runtime.NumGoroutine() <= goroutines
	}, 5*time.Second, 10*time.Millisecond, "%d descriptors, %d goroutines before", files, goroutines)
}
