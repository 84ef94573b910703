package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
)

// serve has a server of h listen, on any port if address is empty, and returns
// its address and what ends it at once.
func serve(t *testing.T, address string, h conn.Handler) (string, func()) {
	t.Helper()
	if address == "" {
		address = "127.0.0.1:0"
	}
	ln, err := net.Listen("tcp", address)
	require.NoError(t, err)
	srv := conn.NewServer(h, nil)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = srv.Serve(context.Background(), ln) // what ends it is the test's matter
	}()
	end := sync.OnceFunc(func() { srv.Close(); <-served })
	t.Cleanup(end)
	return ln.Addr().String(), end
}

// echo says back what it hears.
var echo = conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error { return c.Send(ctx, msg) })

// A chat is the program of examples/chat/server.
type chat struct{ tcp, tls, http string }

func serveChat(t *testing.T, args ...string) chat {
	t.Helper()
	c := chat{free(t), free(t), free(t)}
	cmd := exec.Command(chatServer, append([]string{
		"-data", t.TempDir(), "-tcp", c.tcp, "-tls", c.tls, "-http", c.http, "-admin", "", "-tls-self-signed", "-log-level", "error",
	}, args...)...)
	cmd.Stderr = os.Stderr
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait() // it was killed
	})
	for _, address := range []string{c.tcp, c.tls, c.http} {
		require.Eventually(t, func() bool {
			nc, err := net.Dial("tcp", address)
			if err == nil {
				nc.Close()
			}
			return err == nil
		}, 30*time.Second, 10*time.Millisecond, "the chat's server does not come up")
	}
	return c
}

// free is an address that nobody listens on.
func free(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	return ln.Addr().String()
}
