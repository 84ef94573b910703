package conn_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/reconnect"
)

// A bed is a server and its clients on a faulty in-memory network. Inside a
// bubble its time is virtual.
type bed struct {
	*testing.T
	net *conntest.Network
	srv *conn.Server
	ctx context.Context
	cfg *conn.Config // of the server

	unlisten context.CancelFunc

	mu     sync.Mutex
	onLink func(*conntest.Link)
}

// watch is a heartbeat that finds a dead link within 600 ms.
var watch = &heartbeat.Config{Interval: 200 * time.Millisecond, Timeout: 600 * time.Millisecond}

// noWatch neither pings nor judges.
var noWatch = &heartbeat.Config{Interval: -1}

func newBed(t *testing.T, h conn.Handler, cfg *conn.Config) *bed {
	b := &bed{T: t, ctx: t.Context()}
	b.net = conntest.New(&conntest.Config{OnLink: func(l *conntest.Link) {
		b.mu.Lock()
		f := b.onLink
		b.mu.Unlock()
		if f != nil {
			f(l)
		}
	}})
	if b.cfg = cfg; cfg == nil {
		b.cfg = &conn.Config{MinPing: -1}
	}
	b.serve(h)
	t.Cleanup(func() { _ = b.net.Close() })
	return b
}

// serve begins a server.
func (b *bed) serve(h conn.Handler) {
	ln, err := b.net.Listen("server")
	require.NoError(b, err)
	srv := conn.NewServer(h, b.cfg)
	ctx, cancel := context.WithCancel(context.Background())
	served := start(func() error { return srv.Serve(ctx, ln) })
	b.srv, b.unlisten = srv, func() { cancel(); <-served }
	b.Cleanup(func() { _ = srv.Close() })
}

// restart kills the server without a word and starts another.
func (b *bed) restart(h conn.Handler) {
	b.unlisten()
	b.net.Cut(conntest.RST)
	b.serve(h)
}

// eachLink has f called with each link before it is used.
func (b *bed) eachLink(f func(*conntest.Link)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.onLink = f
}

// client completes a configuration for this network.
func (b *bed) client(cfg conn.Config) *conn.Config {
	if cfg.Dialers == nil {
		cfg.Dialers = map[string]conn.DialFunc{"mem": b.net.Dial}
	}
	if cfg.Retry == (reconnect.Policy{}) {
		cfg.Retry = soon
	}
	return &cfg
}

// soon comes back at once, and always.
var soon = reconnect.Policy{InitialDelay: time.Millisecond, MaxDelay: 2 * time.Millisecond}

func (b *bed) dial(cfg conn.Config) *conn.Conn {
	c, err := conn.Dial(b.ctx, "mem://server", b.client(cfg))
	require.NoError(b, err)
	b.Cleanup(func() { _ = c.Close() })
	return c
}

// link is the newest link.
func (b *bed) link() *conntest.Link {
	links := b.net.Links()
	require.NotEmpty(b, links)
	return links[len(links)-1]
}

// within fails the test if f takes longer than d, and returns how long it took.
func within(t *testing.T, d time.Duration, f func()) time.Duration {
	t.Helper()
	begin := time.Now()
	f()
	took := time.Since(begin)
	require.LessOrEqual(t, took, d)
	return took
}

// limited is a context that ends after d.
func limited(t *testing.T, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// echo sends back what it receives.
var echo = conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
	return c.Send(ctx, msg)
})

// deaf is a handler that never receives.
var deaf = conn.HandlerFunc(func(ctx context.Context, _ *conn.Conn) error {
	<-ctx.Done()
	return ctx.Err()
})

// capture is a handler that hands its Conn to the test, which plays the
// application.
type capture chan *conn.Conn

func (ch capture) ServeConn(ctx context.Context, c *conn.Conn) error {
	ch <- c
	<-ctx.Done()
	return ctx.Err()
}

// pair is a client and the server's end of its session.
func pair(t *testing.T, server *conn.Config, client conn.Config) (b *bed, c, s *conn.Conn) {
	ch := make(capture, 16)
	b = newBed(t, ch, server)
	c = b.dial(client)
	return b, c, <-ch
}

// take receives n numbered messages, from is the first number.
func take(ctx context.Context, c *conn.Conn, from, n int) error {
	for i := from; i < from+n; i++ {
		msg, err := c.Receive(ctx)
		if err != nil {
			return fmt.Errorf("receive %d: %w", i, err)
		}
		if want := numbered(i); string(msg) != want {
			return fmt.Errorf("received %q in place of %q", msg, want)
		}
	}
	return nil
}

// give sends n numbered messages.
func give(ctx context.Context, c *conn.Conn, from, n int) error {
	for i := from; i < from+n; i++ {
		if err := c.Send(ctx, []byte(numbered(i))); err != nil {
			return fmt.Errorf("send %d: %w", i, err)
		}
	}
	return nil
}

func numbered(i int) string { return fmt.Sprintf("message %d", i) }

// takeToEOF receives numbered messages to a clean end and returns how many.
func takeToEOF(ctx context.Context, c *conn.Conn) (n int, err error) {
	for ; ; n++ {
		msg, err := c.Receive(ctx)
		if errors.Is(err, io.EOF) {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		if string(msg) != numbered(n) {
			return n, fmt.Errorf("received %q in place of %q", msg, numbered(n))
		}
	}
}

// start runs f in a goroutine and returns where its result comes.
func start(f func() error) <-chan error {
	ch := make(chan error, 1)
	go func() { ch <- f() }()
	return ch
}

// notYet checks that nothing has come, with all else at rest.
func notYet[T any](t *testing.T, ch <-chan T) {
	t.Helper()
	synctest.Wait()
	select {
	case v := <-ch:
		require.Failf(t, "too early", "%v", v)
	default:
	}
}

var _ net.Conn = (*hooked)(nil)

// hooked is a net.Conn whose calls a test may replace.
type hooked struct {
	net.Conn
	close func() error
	write func([]byte) (int, error)
}

func (h *hooked) Close() error {
	if h.close != nil {
		return h.close()
	}
	return h.Conn.Close()
}

func (h *hooked) Write(p []byte) (int, error) {
	if h.write != nil {
		return h.write(p)
	}
	return h.Conn.Write(p)
}
