package wsconn_test

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/conn/wsconn"
)

// A peer that breaks the rules hears why, although more of what it sends is on
// its way: no reset overtakes the close frame.
func TestThePeerHearsWhy(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		for name, s := range map[string]struct {
			in   []byte
			code int
		}{
			"text":     {frame(fin|text, "message"), 1003},
			"too long": {frameOf(fin|binaryOp, 1001, 0, ""), 1009},
			"no mask":  {plain(fin|binaryOp, "message"), 1002},
		} {
			t.Run(name, func(t *testing.T) {
				client, server := pair(t, secure, &wsconn.Config{MaxMessage: 1000}, wsconn.Dialer{})
				go func() {
					_, _ = wsconn.Sock(client).Write(s.in)
					for range 100 { // more than the server reads at once
						if _, err := wsconn.Sock(client).Write([]byte(long)); err != nil {
							return
						}
					}
				}()
				var broke *wsconn.CloseError
				_, err := server.Read(make([]byte, 1000))
				require.ErrorAs(t, err, &broke)
				require.Equal(t, s.code, broke.Code)
				require.False(t, broke.Remote)
				require.NoError(t, server.Close())
				_, err = client.Read(make([]byte, 1000))
				require.ErrorAs(t, err, &broke)
				require.Equal(t, s.code, broke.Code)
				require.True(t, broke.Remote)
				_, err = server.Write([]byte("x"))
				require.ErrorIs(t, err, net.ErrClosed)
			})
		}
	})
}

// Nor where a reset loses what has come before it: what the peer still sends is
// read for a moment before the socket is closed.
func TestNoResetOvertakesTheReason(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server := raw(t, &conntest.Network{}, 0)
		begin := time.Now()
		go func() {
			for range 20 {
				if _, err := client.Write(frame(fin|text, long[:1000])); err != nil {
					return
				}
				time.Sleep(10 * time.Millisecond)
			}
		}()
		_, err := server.Read(make([]byte, 100))
		require.Error(t, err)
		require.Equal(t, 250*time.Millisecond, time.Since(begin))
		require.NoError(t, server.Close())
		answer, err := io.ReadAll(client)
		require.NoError(t, err)
		require.Equal(t, 1003, closeCode(t, answer))
	})
}

// TLS would wait for five seconds to say goodbye to a peer that does not read.
func TestCloseOverTLSIsSoonOver(t *testing.T) {
	certificate := serve(t, true, http.NotFoundHandler()).TLS.Certificates
	synctest.Test(t, func(t *testing.T) {
		network := conntest.New(&conntest.Config{Buffer: 1000})
		ln, err := network.Listen("server")
		require.NoError(t, err)
		defer ln.Close()
		near, err := network.Dial(t.Context(), "server")
		require.NoError(t, err)
		far, err := ln.Accept()
		require.NoError(t, err)
		client := tls.Client(near, &tls.Config{InsecureSkipVerify: true})
		defer near.Close()
		secured := tls.Server(far, &tls.Config{Certificates: certificate, SessionTicketsDisabled: true})
		go func() { _ = client.Handshake() }()
		require.NoError(t, secured.Handshake())
		server := wsconn.NewServerConn(secured, 0)
		// A record of TLS has 22 bytes more than what it carries. There is room
		// for the close frame, and for no goodbye behind it.
		_, err = server.Write([]byte(long[:1000-22-4-40]))
		require.NoError(t, err)
		begin := time.Now()
		_ = server.Close() // TLS may say that it could not
		require.Equal(t, 250*time.Millisecond, time.Since(begin))
	})
}

// Close does not wait long for a peer that does not read, nor for one that
// pings, and says nothing within a message.
func TestCloseIsSoonOver(t *testing.T) {
	for name, prepare := range map[string]func(client net.Conn, server *wsconn.Conn){
		"an idle peer": func(net.Conn, *wsconn.Conn) {},
		"a peer that does not read": func(_ net.Conn, server *wsconn.Conn) {
			_, _ = server.Write([]byte(long[:996])) // and four bytes of header
		},
		"a write that waits": func(_ net.Conn, server *wsconn.Conn) {
			go func() { _, _ = server.Write([]byte(long)) }()
		},
		"a write that gave up": func(_ net.Conn, server *wsconn.Conn) {
			_ = server.SetWriteDeadline(time.Now().Add(time.Second))
			_, _ = server.Write([]byte(long))
		},
		"a pong that waits": func(client net.Conn, server *wsconn.Conn) {
			_, _ = server.Write([]byte(long[:996]))
			_, _ = client.Write(frame(fin|pingOp, "?"))
			go func() { _, _ = server.Read(make([]byte, 1)) }()
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				client, server := raw(t, conntest.New(&conntest.Config{Buffer: 1000}), 0)
				prepare(client, server)
				synctest.Wait()
				begin := time.Now()
				var closers sync.WaitGroup
				for range 5 {
					closers.Go(func() { _ = server.Close() })
				}
				closers.Wait()
				require.LessOrEqual(t, time.Since(begin), time.Second)
				_, err := server.Write([]byte("x"))
				require.ErrorIs(t, err, net.ErrClosed)
				_, err = server.Read(make([]byte, 1))
				require.ErrorIs(t, err, net.ErrClosed)
				written, err := io.ReadAll(client)
				switch name {
				case "an idle peer":
					require.Equal(t, 1000, closeCode(t, written))
					require.NoError(t, err)
				case "a write that waits", "a write that gave up":
					require.Len(t, written, 1000, "no close frame stands within the message")
				}
			})
		})
	}
}

// After CloseWrite the other way stays open, until the peer closes as well.
func TestCloseWrite(t *testing.T) {
	client, server := pair(t, false, nil, wsconn.Dialer{})
	_, err := client.Write([]byte("question"))
	require.NoError(t, err)
	require.NoError(t, client.CloseWrite())
	require.ErrorIs(t, client.CloseWrite(), net.ErrClosed)
	_, err = client.Write([]byte("x"))
	require.ErrorIs(t, err, net.ErrClosed)
	question, err := io.ReadAll(server)
	require.NoError(t, err)
	require.Equal(t, "question", string(question))
	_, err = server.Write([]byte("answer"))
	require.NoError(t, err)
	require.NoError(t, server.Close())
	answer, err := io.ReadAll(client)
	require.NoError(t, err)
	require.Equal(t, "answer", string(answer))
	require.NoError(t, client.Close())
	require.NoError(t, client.Close())
}

// With SetLinger(0) Close says nothing: the peer sees a reset.
func TestSetLinger(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		client, server := pair(t, secure, nil, wsconn.Dialer{})
		require.NoError(t, client.SetLinger(0))
		require.NoError(t, client.Close())
		_, err := server.Read(make([]byte, 1))
		var reset *net.OpError
		require.ErrorAs(t, err, &reset)

		client, server = pair(t, secure, nil, wsconn.Dialer{})
		require.NoError(t, client.SetLinger(0))
		require.NoError(t, client.SetLinger(-1))
		require.NoError(t, client.Close())
		_, err = server.Read(make([]byte, 1))
		require.Equal(t, io.EOF, err)
	})
}

// The end of a socket is not the end of the stream.
func TestASocketThatEndsIsNoClose(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		client, server := pair(t, secure, nil, wsconn.Dialer{})
		require.NoError(t, client.Socket().Close())
		_, err := server.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.ErrUnexpectedEOF)
		require.NotEqual(t, io.EOF, err)
	})
}
