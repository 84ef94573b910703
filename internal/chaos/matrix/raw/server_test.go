package raw

import (
	"bytes"
	"context"
	"log/slog"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
)

// patience is how long anything may take that has no limit of its own: it ends a
// test that would hang.
const patience = 30 * time.Second

// A server is what is attacked, and what it says of that.
type server struct {
	t        *testing.T
	over     stage.Over
	srv      *conn.Server
	addr     string
	sessions chan *conn.Conn // each that began, where the handler is hold

	mu      sync.Mutex // covers what follows
	refused []error
	downs   []down
	ended   int
	log     bytes.Buffer
}

// A down is the death of a link of a session.
type down struct {
	id string // and not the Conn, which would be kept
	at time.Time
}

// serve starts a server on listening sockets of loopback. A nil handler hands
// each session to the test, and stays out of the way.
func serve(t *testing.T, over stage.Over, cfg conn.Config, h conn.Handler) *server {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return serveOn(t, over, ln, cfg, h)
}

// serveOn does it with a listener of the test's.
func serveOn(t *testing.T, over stage.Over, tcp net.Listener, cfg conn.Config, h conn.Handler) *server {
	t.Helper()
	s := &server{t: t, over: over, sessions: make(chan *conn.Conn, 1<<14)}
	cfg.Logger = slog.New(slog.NewTextHandler(s, &slog.HandlerOptions{Level: slog.LevelDebug}))
	cfg.Trace = &conn.Trace{
		Refused: func(_ net.Addr, err error) { s.note(func() { s.refused = append(s.refused, err) }) },
		LinkDown: func(c *conn.Conn, _ net.Addr, _ error) {
			s.note(func() { s.downs = append(s.downs, down{c.ID(), time.Now()}) })
		},
		SessionEnd: func(*conn.Conn, error) { s.note(func() { s.ended++ }) },
		Panic: func(_ *conn.Conn, v any, stack []byte) {
			t.Errorf("panic: %v\n%s", v, stack)
		},
	}
	if h == nil {
		h = conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			s.sessions <- c
			<-ctx.Done()
			return ctx.Err()
		})
	}
	s.srv = conn.NewServer(h, &cfg)
	ln := over.On(tcp)
	s.addr = ln.Address()
	served := make(chan error, 1)
	go func() { served <- s.srv.Serve(context.Background(), ln) }()
	t.Cleanup(func() {
		_ = s.srv.Close() // cuts off what the test has left
		require.ErrorIs(t, <-served, conn.ErrServerClosed)
	})
	return s
}

func (s *server) note(f func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	f()
}

// Write takes what is logged.
func (s *server) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.Write(p)
}

func (s *server) logged() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.log.String()
}

// refusals is how many links have been refused so far.
func (s *server) refusals() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.refused)
}

// linksDown is how many links of sessions have died so far.
func (s *server) linksDown() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.downs)
}

// downAt is when the first link of a session died, zero if it has not.
func (s *server) downAt(c *conn.Conn) time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, d := range s.downs {
		if d.id == c.ID() {
			return d.at
		}
	}
	return time.Time{}
}

// settled waits until something is so, which takes a moment at most.
func settled(t *testing.T, is func() bool, what string) {
	t.Helper()
	require.Eventually(t, is, patience, time.Millisecond, what)
}

// until bounds whatever a test waits for.
func until(t testing.TB) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}
