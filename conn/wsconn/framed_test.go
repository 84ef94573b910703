package wsconn_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
)

// What conn may write to and read from itself: a bare socket, and not TLS.
func TestFramed(t *testing.T) {
	client, server := pair(t, false, nil, wsconn.Dialer{})
	f := server.Framed()
	require.Same(t, server, f.Transport())
	require.IsType(t, &net.TCPConn{}, f.Socket())
	require.IsType(t, &net.TCPConn{}, client.Framed().Socket())
	write := func(most int) func(p []byte) (int, error) {
		return func(p []byte) (int, error) {
			if most < len(p) {
				p = p[:most]
			}
			most -= len(p)
			return wsconn.Sock(server).Write(p)
		}
	}
	// Taken in part, a message is continued by what comes next.
	n, err := f.Frame([]byte("message"), write(1)) // half of the header
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = f.Frame([]byte("message"), write(4))
	require.NoError(t, err)
	require.Equal(t, 3, n)
	n, err = server.Write([]byte("sage, another"))
	require.NoError(t, err)
	require.Equal(t, 13, n)
	require.NoError(t, server.CloseWrite())
	got, err := io.ReadAll(client)
	require.NoError(t, err)
	require.Equal(t, "message, another", string(got))

	n, err = f.Unframe(frame(fin|binaryOp, "answer"))
	require.NoError(t, err)
	require.Equal(t, 6, n)
	n, err = f.Unframe(frame(fin|binaryOp, ""))
	require.NoError(t, err)
	require.Zero(t, n)
	_, err = f.Unframe(nil)
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	n, err = f.Unframe(append(frame(fin|binaryOp, "last"), frame(fin|closeOp, "")...))
	require.Equal(t, io.EOF, err)
	require.Equal(t, 4, n)

	client, server = pair(t, true, nil, wsconn.Dialer{})
	require.IsType(t, &tls.Conn{}, client.Framed().Socket(), "which conn does not use itself")
	require.IsType(t, &tls.Conn{}, server.Framed().Socket())
}

// A session over a WebSocket that is quiet needs no goroutine.
func TestIdleSessionHasNoGoroutine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("sessions are parked on Linux alone")
	}
	handled := make(chan struct{}, 1)
	srv := conn.NewServer(conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
		handled <- struct{}{}
		return c.Send(ctx, msg)
	}), nil)
	defer srv.Close()
	ln := wsconn.NewListener(nil)
	go srv.Serve(context.Background(), ln)
	e := serve(t, false, ln)
	ctx := limited(t, 30*time.Second)
	before := runtime.NumGoroutine()
	var clients []*conn.Conn
	for range 20 {
		c, err := conn.Dial(ctx, e.target, &conn.Config{Dialers: wsconn.Dialers(nil)})
		require.NoError(t, err)
		defer c.Close()
		clients = append(clients, c)
	}
	// A client whose application is away has two goroutines; the server has one
	// for all sessions.
	require.Eventually(t, func() bool {
		return runtime.NumGoroutine() <= before+2*len(clients)+5
	}, 20*time.Second, 50*time.Millisecond)
	for _, c := range clients {
		require.NoError(t, c.Send(ctx, []byte("awake")))
		<-handled
		msg, err := c.Receive(ctx)
		require.NoError(t, err)
		require.Equal(t, "awake", string(msg))
	}
}
