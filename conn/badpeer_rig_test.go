package conn

import (
	"context"
	"net"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/internal/wire"
)

// A rig is a server, and a way to reach it.
type rig struct {
	t    testing.TB
	srv  *Server
	cfg  *Config
	dial func(from string) net.Conn
	addr string

	conns chan *Conn // each session, from the handler that hold is

	mu      sync.Mutex
	refused []error
	ends    []error
	panics  []any
	downs   []error
}

// hold is a handler that hands its session to the test and stays out of the way.
func (r *rig) hold(ctx context.Context, c *Conn) error {
	r.conns <- c
	<-ctx.Done()
	return ctx.Err()
}

// newRig starts a server without listeners. A nil handler is hold.
func newRig(t testing.TB, h Handler, cfg *Config) *rig {
	r := &rig{t: t, cfg: &Config{}, conns: make(chan *Conn, 1024)}
	if cfg != nil {
		*r.cfg = *cfg
	}
	if h == nil {
		h = HandlerFunc(r.hold)
	}
	r.cfg.Trace = &Trace{
		Refused:    func(_ net.Addr, err error) { r.note(func() { r.refused = append(r.refused, err) }) },
		SessionEnd: func(_ *Conn, err error) { r.note(func() { r.ends = append(r.ends, err) }) },
		Panic:      func(_ *Conn, v any, _ []byte) { r.note(func() { r.panics = append(r.panics, v) }) },
		LinkDown:   func(_ *Conn, _ net.Addr, err error) { r.note(func() { r.downs = append(r.downs, err) }) },
	}
	r.srv = NewServer(h, r.cfg)
	t.Cleanup(func() { _ = r.srv.Close() })
	return r
}

func (r *rig) note(f func()) {
	r.mu.Lock()
	defer r.mu.Unlock()
	f()
}

// traced returns a copy of what a hook has noted.
func traced[T any](r *rig, from *[]T) []T {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]T(nil), *from...)
}

// inMemory serves a network of the bubble that the test runs in.
func inMemory(t testing.TB, h Handler, cfg *Config) *rig {
	t.Helper()
	r := newRig(t, h, cfg)
	network := &conntest.Network{}
	ln, err := network.Listen("server")
	require.NoError(t, err)
	go func() { _ = r.srv.Serve(context.Background(), ln) }() // ends with the server
	r.dial = func(from string) net.Conn {
		nc, err := network.DialFrom(context.Background(), from, "server")
		require.NoError(t, err)
		return nc
	}
	return r
}

// onTCP serves loopback TCP.
func onTCP(t testing.TB, h Handler, cfg *Config) *rig {
	t.Helper()
	r := newRig(t, h, cfg)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r.addr = ln.Addr().String()
	go func() { _ = r.srv.Serve(context.Background(), ln) }() // ends with the server
	r.dial = func(from string) net.Conn {
		var d net.Dialer
		if from != "" {
			d.LocalAddr = &net.TCPAddr{IP: net.ParseIP(from)}
		}
		nc, err := d.Dial("tcp", r.addr)
		require.NoError(t, err)
		return nc
	}
	return r
}

func (r *rig) peer() *rawPeer { return newRawPeer(r.t, r.dial("")) }

// session begins a session and returns both of its ends.
func (r *rig) session() (*rawPeer, wire.Welcome, *Conn) {
	r.t.Helper()
	p := r.peer()
	w := p.greet(rawHello())
	return p, w, <-r.conns
}
