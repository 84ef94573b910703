package js_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/conn/wsconn"
)

// server is a server behind a proxy, and what it has seen.
type server struct {
	scheme                  string
	srv                     *conn.Server
	addr                    string
	proxy                   *faultproxy.Proxy
	links, sessions, echoed atomic.Int64
	ends                    chan error
}

// start starts a server on a port of its own, and a proxy before it, and ends
// both with the test. The scheme is tcp or ws.
func start(t *testing.T, scheme string, cfg conn.Config, handler func(*server) conn.HandlerFunc, faults *faultproxy.Config) *server {
	t.Helper()
	requireNode(t)
	s := &server{scheme: scheme, ends: make(chan error, 16)}
	cfg.Trace = &conn.Trace{
		LinkUp:     func(*conn.Conn, net.Addr) { s.links.Add(1) },
		SessionEnd: func(_ *conn.Conn, err error) { s.ends <- err },
		Panic:      func(_ *conn.Conn, v any, stack []byte) { t.Errorf("panic: %v\n%s", v, stack) },
	}
	h := handler(s)
	s.srv = conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		s.sessions.Add(1)
		return h(ctx, c)
	}), &cfg)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.addr = tcp.Addr().String()
	ln := tcp
	if scheme == "ws" {
		ln = serveHTTP(t, tcp)
	}
	served := make(chan error, 1)
	go func() { served <- s.srv.Serve(context.Background(), ln) }()
	s.proxy, err = faultproxy.Listen(s.addr, faults)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, s.srv.Close())
		assert.ErrorIs(t, <-served, conn.ErrServerClosed)
		assert.NoError(t, s.proxy.Close())
	})
	return s
}

// serveHTTP has an HTTP server turn requests into WebSockets, and returns where
// they are accepted.
func serveHTTP(t *testing.T, ln net.Listener) net.Listener {
	sockets := wsconn.NewListener(&wsconn.Config{Origins: []string{"*"}}) // a page of another server may connect
	mux := http.NewServeMux()
	mux.Handle("/longsplice", sockets)
	web := &http.Server{Handler: mux}
	served := make(chan error, 1)
	go func() { served <- web.Serve(ln) }()
	t.Cleanup(func() {
		assert.NoError(t, web.Close())
		assert.ErrorIs(t, <-served, http.ErrServerClosed)
	})
	return sockets
}

// target is what echo.js dials.
func (s *server) target() string {
	if s.scheme == "ws" {
		return "ws://" + s.proxy.Addr().String() + "/longsplice"
	}
	return "tcp://" + s.proxy.Addr().String()
}

// echo runs echo.js against the server.
func (s *server) echo(t *testing.T, args ...string) <-chan result {
	t.Helper()
	return node(t, append([]string{websocket, "echo.js", s.target()}, args...)...)
}

// waitFor waits until the server has echoed so many messages.
func (s *server) waitFor(t *testing.T, messages int64, done <-chan result) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for s.echoed.Load() < messages {
		select {
		case out := <-done:
			require.FailNow(t, "the client has ended too early", "%v %s %s", out.err, out.stdout, out.stderr)
		case <-time.After(time.Millisecond):
			require.True(t, time.Now().Before(deadline), "%d messages after %v", s.echoed.Load(), patience)
		}
	}
}

// wantEnd waits for the end of a session at the server, and holds its reason against what is wanted.
func (s *server) wantEnd(t *testing.T, want string, is func(error) bool) {
	t.Helper()
	select {
	case err := <-s.ends:
		assert.True(t, is(err), "want: %s; got: %v (%T)", want, err, err)
	case <-time.After(patience):
		require.FailNow(t, "the session does not end at the server", want)
	}
}

func (s *server) echoOne(ctx context.Context, c *conn.Conn) error {
	msg, err := c.Receive(ctx)
	if err != nil {
		return err
	}
	if err := c.Send(ctx, msg); err != nil {
		return err
	}
	s.echoed.Add(1)
	return nil
}

func echo(s *server) conn.HandlerFunc {
	return func(ctx context.Context, c *conn.Conn) error {
		for {
			if err := s.echoOne(ctx, c); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	}
}

// pushing echoes, and sends so many messages of its own at the same time.
func pushing(pushes uint64) func(*server) conn.HandlerFunc {
	return func(s *server) conn.HandlerFunc {
		return func(ctx context.Context, c *conn.Conn) error { return both(ctx, s, c, pushes, func() {}) }
	}
}

func both(ctx context.Context, s *server, c *conn.Conn, pushes uint64, each func()) error {
	var pusher sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer pusher.Wait()
	defer cancel()
	pusher.Go(func() {
		for n := range pushes {
			size := int(n*n%7) * 50
			if n%400 == 0 {
				size = 50_000
			}
			msg := append(binary.BigEndian.AppendUint64([]byte("P"), n), bytes.Repeat([]byte{byte(n)}, size)...)
			if c.Send(ctx, msg) != nil {
				return // the session is over; the client counts
			}
			each()
		}
	})
	return echo(s)(ctx, c)
}
