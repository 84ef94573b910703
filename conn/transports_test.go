package conn_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
)

// certificate makes a server's TLS configuration and the client's to match.
func certificate(t testing.TB) (server, client *tls.Config) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "longsplice"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(time.Hour),
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:     []string{"localhost"},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(cert)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: roots}
}

// A port is a listener and the target that reaches it.
type port struct {
	target string
	ln     net.Listener
}

// ports opens one listener of each built-in transport.
func ports(t *testing.T) (all map[string]port, client *tls.Config) {
	server, client := certificate(t)
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "s")
	unix, err := net.Listen("unix", path)
	require.NoError(t, err)
	return map[string]port{
		"tcp":  {"tcp://" + tcp.Addr().String(), tcp},
		"bare": {tcp.Addr().String(), nil},
		"tls":  {"tls://" + plain.Addr().String(), tls.NewListener(plain, server)},
		"unix": {"unix://" + path, unix},
	}, client
}

// serveAll has one server listen on all ports, each until its cancel.
func serveAll(t *testing.T, srv *conn.Server, all map[string]port) map[string]context.CancelFunc {
	cancels := map[string]context.CancelFunc{}
	for name, p := range all {
		if p.ln != nil {
			ctx, cancel := context.WithCancel(context.Background())
			served := start(func() error { return srv.Serve(ctx, p.ln) })
			cancels[name] = func() { cancel(); <-served }
		}
	}
	t.Cleanup(func() { _ = srv.Close() })
	return cancels
}

func TestEveryTransport(t *testing.T) {
	ch := make(capture, 1)
	all, tlsConfig := ports(t)
	serveAll(t, conn.NewServer(ch, nil), all)
	for name, p := range all {
		t.Run(name, func(t *testing.T) {
			c, err := conn.Dial(limited(t, 10*time.Second), p.target, &conn.Config{TLS: tlsConfig, Retry: soon})
			require.NoError(t, err)
			defer c.Close()
			exchange(t, c, <-ch, 2000)
		})
	}
}

// A session that began on one transport goes on over another, in either order.
func TestResumeOverAnotherTransport(t *testing.T) {
	for _, path := range [][3]string{{"tcp", "tls", "unix"}, {"unix", "tcp", "tls"}, {"tls", "unix", "tcp"}} {
		t.Run(path[0]+" "+path[1]+" "+path[2], func(t *testing.T) {
			ch := make(capture, 1)
			all, tlsConfig := ports(t)
			cuts := make(chan func() error, 100) // each ends one link
			srv := conn.NewServer(ch, &conn.Config{Authenticate: func(_ context.Context, p conn.Peer) (string, error) {
				cuts <- p.Transport.Close
				return "me", nil
			}})
			cancels := serveAll(t, srv, all)
			links := make(chan net.Addr, 100)
			c, err := conn.Dial(limited(t, 10*time.Second), all[path[0]].target, &conn.Config{
				TLS: tlsConfig, Retry: soon,
				Targets: []string{all[path[1]].target, all[path[2]].target},
				Trace:   &conn.Trace{LinkUp: func(_ *conn.Conn, a net.Addr) { links <- a }},
			})
			require.NoError(t, err)
			defer c.Close()
			s := <-ch
			require.Equal(t, "me", s.Identity())
			ctx := limited(t, 30*time.Second)
			for i := range 2 {
				<-links
				require.NoError(t, give(ctx, c, i, 1))
				require.NoError(t, take(ctx, s, i, 1))
				require.NoError(t, give(ctx, s, i, 1))
				cancels[path[i]]() // this way is closed from now on
				_ = (<-cuts)()
				require.NoError(t, take(ctx, c, i, 1))
			}
			<-links
			require.NoError(t, give(ctx, c, 2, 100))
			require.NoError(t, take(ctx, s, 2, 100))
			require.GreaterOrEqual(t, s.Stats().Links, uint64(3))
		})
	}
}

// TestServeConn: a link that was accepted by other means.
func TestServeConn(t *testing.T) {
	for name, pipe := range map[string]func() (net.Conn, net.Conn){
		"net.Pipe": net.Pipe,
		"conntest": conntest.Pipe,
	} {
		t.Run(name, func(t *testing.T) {
			ch := make(capture, 1)
			srv := conn.NewServer(ch, nil)
			defer srv.Close()
			served := make(chan error, 10)
			c, err := conn.Dial(limited(t, 10*time.Second), "pipe://", &conn.Config{Retry: soon, Dialers: map[string]conn.DialFunc{
				"pipe": func(context.Context, string) (net.Conn, error) {
					client, server := pipe()
					go func() { served <- srv.ServeConn(context.Background(), server) }()
					return client, nil
				},
			}})
			require.NoError(t, err)
			s := <-ch
			exchange(t, c, s, 1000)
			require.Error(t, <-served, "it returns when the link is dead")
		})
	}
}

// Without resumption a session ends with its link, at both ends, and nobody
// begins another behind the application's back.
func TestNoResume(t *testing.T) {
	for name, server := range map[string]bool{"client's wish": false, "server's wish": true} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ch := make(capture, 16)
				b := newBed(t, ch, &conn.Config{MinPing: -1, NoResume: server})
				c := b.dial(conn.Config{NoResume: !server})
				s := <-ch
				time.Sleep(100 * time.Millisecond)
				require.NoError(t, give(t.Context(), c, 0, 1))
				require.NoError(t, take(t.Context(), s, 0, 1))
				b.net.Cut(conntest.RST)
				for _, end := range []*conn.Conn{c, s} {
					<-end.Done()
					var lost *conn.LostError
					require.ErrorAs(t, end.Err(), &lost)
					require.Equal(t, conn.LostLink, lost.Reason)
				}
				require.Empty(t, ch)
				require.EqualValues(t, 1, c.Stats().Links)
				// A clean end is one all the same.
				c = b.dial(conn.Config{NoResume: !server})
				exchange(t, c, <-ch, 100)
			})
		})
	}
}
