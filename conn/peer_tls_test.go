package conn_test

import (
	"context"
	"crypto/tls"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
)

// over is a transport on TLS, as a WebSocket is.
type over struct{ *tls.Conn }

// mayBeOver is a transport that could stand on TLS.
type mayBeOver struct{ net.Conn }

func (mayBeOver) ConnectionState() tls.ConnectionState { return tls.ConnectionState{} }

// Authenticate sees TLS under a transport that has it.
func TestPeerTLS(t *testing.T) {
	server, client := certificate(t)
	client.ServerName = "localhost"
	peers := make(chan conn.Peer, 1)
	srv := conn.NewServer(make(capture, 16), &conn.Config{Authenticate: func(_ context.Context, p conn.Peer) (string, error) {
		peers <- p
		return "", nil
	}})
	defer srv.Close()
	for name, wrap := range map[string]func(near, far net.Conn) (client, server net.Conn){
		"TLS": func(near, far net.Conn) (net.Conn, net.Conn) {
			return tls.Client(near, client), tls.Server(far, server)
		},
		"over TLS": func(near, far net.Conn) (net.Conn, net.Conn) {
			return tls.Client(near, client), over{tls.Server(far, server)}
		},
		"without": func(near, far net.Conn) (net.Conn, net.Conn) { return near, mayBeOver{far} },
	} {
		t.Run(name, func(t *testing.T) {
			c, err := conn.Dial(limited(t, 10*time.Second), "pipe://", &conn.Config{Dialers: map[string]conn.DialFunc{
				"pipe": func(context.Context, string) (net.Conn, error) {
					near, far := wrap(net.Pipe())
					go srv.ServeConn(context.Background(), far)
					return near, nil
				},
			}})
			require.NoError(t, err)
			defer c.Close()
			p := <-peers
			require.Equal(t, name != "without", p.TLS != nil)
			if p.TLS != nil {
				require.True(t, p.TLS.HandshakeComplete)
			}
		})
	}
}
