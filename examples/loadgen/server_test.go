package main

import (
	"context"
	"net"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
)

// serve has a server of h listen until the test ends, and returns its address.
func serve(t *testing.T, h conn.Handler) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := conn.NewServer(h, nil)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = srv.Serve(context.Background(), ln) // what ends it is the test's matter
	}()
	t.Cleanup(func() { srv.Close(); <-served })
	return ln.Addr().String()
}

// serveInTurn has the first of two servers serve until take is called, and from
// then on the second, at one address.
func serveInTurn(t *testing.T, first, second *conn.Server) (address string, take func()) {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	var turn atomic.Pointer[conn.Server]
	turn.Store(first)
	var links sync.WaitGroup
	links.Go(func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return // it is closed
			}
			links.Go(func() { _ = turn.Load().ServeConn(context.Background(), nc) }) // a link ends some way
		}
	})
	t.Cleanup(func() {
		ln.Close()
		first.Close()
		second.Close()
		links.Wait()
	})
	return ln.Addr().String(), func() { turn.Store(second) }
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
