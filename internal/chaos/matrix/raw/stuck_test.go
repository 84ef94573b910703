package raw

import (
	"context"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/wire"
)

// shallow makes the kernel hold little of what a server writes.
type shallow struct {
	net.Listener
	buffer int // bytes for each socket; the kernel makes it twice as many
}

func (l shallow) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err == nil {
		err = nc.(*net.TCPConn).SetWriteBuffer(l.buffer)
	}
	return nc, err
}

func listen(t testing.TB, buffer int) net.Listener {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	return shallow{ln, buffer}
}

// narrow dials with a receive buffer of the smallest size, which has to be said
// before the connection begins.
var narrow = &net.Dialer{Control: func(_, _ string, raw syscall.RawConn) error {
	var failed error
	if err := raw.Control(func(fd uintptr) { failed = setReceiveBuffer(fd, 4<<10) }); err != nil {
		return err
	}
	return failed
}}

// deaf opens a link on which the peer reads WELCOME and nothing else.
func deaf(ctx context.Context, t testing.TB, s *server) (*peer, wire.Welcome) {
	t.Helper()
	nc, err := s.over.DialFrom(ctx, narrow, s.addr)
	require.NoError(t, err)
	p := newPeer(t, nc)
	return p, p.greet(hello())
}

// A silent is a peer that reads nothing, with the server's end of its session.
type silent struct {
	s     *server
	c     *conn.Conn
	sock  *net.TCPConn
	taken [2]int    // bytes that the server's socket and the peer's have taken
	since time.Time // when they took the last of them
	took  time.Duration
}

func (s *server) silent() *silent {
	s.t.Helper()
	p, _ := deaf(until(s.t), s.t, s)
	return &silent{s: s, c: <-s.sessions, sock: socket(p.nc), since: time.Now()}
}

// gone looks how far the link has got, and reports whether it has been dropped.
// Then took is how long after the last byte that was.
func (d *silent) gone() bool {
	if d.took > 0 {
		return true
	}
	st := d.c.Stats()
	if at := d.s.downAt(d.c); !at.IsZero() {
		d.took = at.Sub(d.since)
		return true
	}
	taken := [2]int{st.Unacked - st.Unsent, waiting(d.sock)}
	if st.Connected && taken != d.taken {
		d.taken, d.since = taken, time.Now()
	}
	return false
}

// await looks until all links have been dropped.
func await(t *testing.T, all ...*silent) {
	t.Helper()
	settled(t, func() bool {
		left := false
		for _, d := range all {
			left = !d.gone() || left
		}
		return !left
	}, "dropped")
}

// dropTime is how long a link may take nothing before it is dropped.
func dropTime(writeTimeout time.Duration) time.Duration { return writeTimeout + writeTimeout/4 }
