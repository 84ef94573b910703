package conntest

import (
	"io"
	"net"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// connect returns the ends of a new link and the link itself.
func connect(t *testing.T, n *Network) (client, server net.Conn, link *Link) {
	t.Helper()
	l, err := n.Listen("")
	require.NoError(t, err)
	defer l.Close()
	client, err = n.Dial(t.Context(), l.Addr().String())
	require.NoError(t, err)
	server, err = l.Accept()
	require.NoError(t, err)
	return client, server, LinkOf(client)
}

func write(t *testing.T, c net.Conn, s string) {
	t.Helper()
	n, err := c.Write([]byte(s))
	require.NoError(t, err)
	require.Equal(t, len(s), n)
}

func read(t *testing.T, c net.Conn, want string) {
	t.Helper()
	p := make([]byte, len(want))
	_, err := io.ReadFull(c, p)
	require.NoError(t, err)
	require.Equal(t, want, string(p))
}

func readErr(c net.Conn) error {
	_, err := c.Read(make([]byte, 1))
	return err
}

func writeErr(c net.Conn) error {
	_, err := c.Write([]byte{1})
	return err
}

// start runs f in a goroutine of the bubble, waits until it blocks, and
// returns whether it has ended and a function that waits for its result.
func start[T any](f func() T) (ended bool, result func() T) {
	done := make(chan T, 1)
	go func() { done <- f() }()
	synctest.Wait()
	return len(done) == 1, func() T { return <-done }
}
