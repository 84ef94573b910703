package proxy

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/reconnect"
)

// The heartbeat of the table: H, and D = 3 H.
const (
	interval = 200 * time.Millisecond
	limit    = 3 * interval
)

var (
	watched   = &heartbeat.Config{Interval: interval, Timeout: limit}
	unwatched = &heartbeat.Config{Interval: -1}

	// soon comes back at once, and always.
	soon = reconnect.Policy{InitialDelay: time.Millisecond, MaxDelay: 2 * time.Millisecond, StableAfter: -1}
)

// lively is a configuration with a heartbeat.
var lively = conn.Config{Heartbeat: watched}

// serve has a server of one transport listen, and returns its address.
func serve(t *testing.T, over stage.Over, h conn.Handler, cfg *conn.Config) (*conn.Server, string) {
	t.Helper()
	ln, err := over.Listen("127.0.0.1:0")
	require.NoError(t, err)
	srv := conn.NewServer(h, cfg)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	t.Cleanup(func() {
		assert.NoError(t, srv.Close())
		assert.ErrorIs(t, <-served, conn.ErrServerClosed)
	})
	return srv, ln.Address()
}

// between puts a proxy before an address.
func between(t *testing.T, address string, cfg *faultproxy.Config) *faultproxy.Proxy {
	t.Helper()
	p, err := faultproxy.Listen(address, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { assert.NoError(t, p.Close()) })
	return p
}

// sessions is a handler that hands its sessions to the test.
type sessions chan *conn.Conn

func (ch sessions) ServeConn(ctx context.Context, c *conn.Conn) error {
	ch <- c
	<-ctx.Done()
	return ctx.Err()
}

// links is when the links of an end came and went.
type links struct {
	bell       bell // covers what follows
	ups, downs []time.Time
	ended      bool // the session
}

func (l *links) trace() *conn.Trace {
	return &conn.Trace{
		LinkUp: func(*conn.Conn, net.Addr) {
			l.bell.change(func() { l.ups = append(l.ups, time.Now()) })
		},
		LinkDown: func(*conn.Conn, net.Addr, error) {
			l.bell.change(func() { l.downs = append(l.downs, time.Now()) })
		},
		SessionEnd: func(*conn.Conn, error) { l.bell.change(func() { l.ended = true }) },
	}
}

// up waits for the n-th link, from 1, and returns when it came; down likewise.
func (l *links) up(t *testing.T, n int) time.Time {
	t.Helper()
	l.bell.until(t, "a link", func() bool { return len(l.ups) >= n })
	return l.ups[n-1]
}

func (l *links) down(t *testing.T, n int) time.Time {
	t.Helper()
	l.bell.until(t, "the end of a link", func() bool { return len(l.downs) >= n })
	return l.downs[n-1]
}

// setup is what a case wants to be different about its line.
type setup struct {
	server, client conn.Config
	proxy          faultproxy.Config
	idle           bool // nobody receives yet
}

// A line is a session between a client and a server, with the proxy between them.
type line struct {
	t      *testing.T
	row    *row.Row
	proxy  *faultproxy.Proxy
	srv    *conn.Server
	client *conn.Conn
	server *conn.Conn // the other end

	atClient, atServer *links
	up, down           *way // to the server, to the client

	detected, recovered time.Duration // at worst
}

// open begins a session. Unless the setup has a heartbeat, there is none, and
// nothing passes but what is sent and its acknowledgements.
func open(t *testing.T, over stage.Over, r *row.Row, s setup) *line {
	t.Helper()
	l := &line{t: t, row: r, atClient: new(links), atServer: new(links)}
	for _, cfg := range []*conn.Config{&s.server, &s.client} {
		if cfg.Heartbeat == nil {
			cfg.Heartbeat = unwatched
		}
	}
	s.server.MinPing = -1
	s.server.Trace, s.client.Trace = l.atServer.trace(), l.atClient.trace()
	if s.client.Retry == (reconnect.Policy{}) {
		s.client.Retry = soon
	}
	ch := make(sessions, 16)
	srv, address := serve(t, over, ch, &s.server)
	l.srv = srv
	l.proxy = between(t, address, &s.proxy)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c, err := conn.Dial(ctx, over.Target(l.proxy.Addr().String()), over.Client(&s.client))
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	l.client, l.server = c, <-ch
	l.up, l.down = newWay(t, 1, l.client, l.server), newWay(t, 2, l.server, l.client)
	if !s.idle {
		go l.up.receive()
		go l.down.receive()
	}
	return l
}

// way is what passes in a direction of the proxy's.
func (l *line) way(d faultproxy.Direction) *way {
	if d == faultproxy.ToServer {
		return l.up
	}
	return l.down
}

// link is the newest link.
func (l *line) link() *faultproxy.Link {
	l.t.Helper()
	all := l.proxy.Links()
	require.NotEmpty(l.t, all)
	return all[len(all)-1]
}

// resumed waits until both ends have given up their n-th link, from 1, and have
// another, and takes down how long after the fault that was.
func (l *line) resumed(n int, fault time.Time) {
	l.t.Helper()
	for _, end := range []*links{l.atClient, l.atServer} {
		l.detected = max(l.detected, end.down(l.t, n).Sub(fault))
		l.recovered = max(l.recovered, end.up(l.t, n+1).Sub(fault))
	}
}

// close ends the session in good order, and balances the books.
func (l *line) close() {
	l.t.Helper()
	l.up.settle()
	l.down.settle()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	require.NoError(l.t, l.client.Shutdown(ctx, conn.CodeNormal, ""))
	<-l.server.Done()
	l.up.over()
	l.down.over()
	l.tally()
}

// tally takes down what the books say.
func (l *line) tally() {
	l.t.Helper()
	lost, doubled := l.books()
	assert.Zero(l.t, lost, "lost")
	assert.Zero(l.t, doubled, "doubled")
	if l.row == nil { // another line of the case speaks for it
		return
	}
	l.row.Messages(lost, doubled)
	if l.detected > 0 {
		l.row.Detected(l.detected)
	}
	if l.recovered > 0 {
		l.row.Recovered(l.recovered)
	}
}

// books is what the books say of both ways.
func (l *line) books() (lost, doubled int) {
	l.t.Helper()
	for _, w := range []*way{l.up, l.down} {
		assert.NoError(l.t, w.Err())
		lo, d := w.Tally()
		lost, doubled = lost+lo, doubled+d
	}
	return lost, doubled
}
