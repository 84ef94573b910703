package faultproxy_test

import (
	"io"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// A rig is a listener of the test's own with a proxy in front of it.
type rig struct {
	*faultproxy.Proxy
	target net.Listener
}

func newRig(t testing.TB, config *faultproxy.Config) rig {
	t.Helper()
	target, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = target.Close() })
	proxy, err := faultproxy.Listen(target.Addr().String(), config)
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, proxy.Close()) })
	return rig{proxy, target}
}

// dial connects through the proxy. Both ends fail rather than hang.
func (r rig) dial(t testing.TB) (client, server *net.TCPConn) {
	t.Helper()
	c, err := net.Dial("tcp", r.Addr().String())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	s, err := r.target.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = s.Close() })
	limit := time.Now().Add(20 * time.Second)
	require.NoError(t, c.SetDeadline(limit))
	require.NoError(t, s.SetDeadline(limit))
	return c.(*net.TCPConn), s.(*net.TCPConn)
}

// link returns the only link.
func (r rig) link(t testing.TB) *faultproxy.Link {
	t.Helper()
	var links []*faultproxy.Link
	require.Eventually(t, func() bool {
		links = r.Links()
		return len(links) == 1
	}, 10*time.Second, time.Millisecond)
	return links[0]
}

func write(t testing.TB, c net.Conn, p []byte) {
	t.Helper()
	_, err := c.Write(p)
	require.NoError(t, err)
}

func read(t testing.TB, c net.Conn, n int) []byte {
	t.Helper()
	p := make([]byte, n)
	_, err := io.ReadFull(c, p)
	require.NoError(t, err)
	return p
}

// pattern returns n bytes in which every position is recognisable.
func pattern(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i*131 + i>>8*17)
	}
	return p
}
