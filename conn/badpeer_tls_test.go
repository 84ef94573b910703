package conn

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/chaos/row"
)

// onTLS serves TLS on loopback, and returns the address, a configuration that
// trusts it, and what Authenticate was shown.
func onTLS(t *testing.T) (*rig, *tls.Config, <-chan Peer) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"localhost"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	require.NoError(t, err)
	cert, err := x509.ParseCertificate(der)
	require.NoError(t, err)
	roots := x509.NewCertPool()
	roots.AddCert(cert)

	peers := make(chan Peer, 16)
	r := newRig(t, nil, &Config{HandshakeTimeout: time.Second, Authenticate: func(_ context.Context, p Peer) (string, error) {
		p.Transport = nil // it must not be kept
		peers <- p
		return "", nil
	}})
	inner, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	r.addr = inner.Addr().String()
	ln := tls.NewListener(inner, &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}})
	go func() { _ = r.srv.Serve(context.Background(), ln) }() // ends with the server
	return r, &tls.Config{RootCAs: roots, ServerName: "localhost"}, peers
}

func TestAuthenticateSeesTLS(t *testing.T) {
	r, trust, peers := onTLS(t)
	c, err := Dial(t.Context(), "tls://"+r.addr, &Config{TLS: trust})
	require.NoError(t, err)
	p := <-peers
	require.NotNil(t, p.TLS)
	require.True(t, p.TLS.HandshakeComplete)
	require.GreaterOrEqual(t, p.TLS.Version, uint16(tls.VersionTLS12))
	require.Equal(t, "localhost", p.TLS.ServerName)
	_ = c.Close() // nobody answers
}

// The socket under TLS is cut without close_notify, as an attacker on the path
// can: that is no end of the session, and nothing of it is lost.
func TestTruncatedTLSIsNoEnd(t *testing.T) {
	row.Of(t, 49, "TLS")
	r, trust, _ := onTLS(t)
	dial := func() (*rawPeer, net.Conn) {
		inner, err := net.Dial("tcp", r.addr)
		require.NoError(t, err)
		return newRawPeer(t, tls.Client(inner, trust)), inner
	}
	p, inner := dial()
	w := p.greet(rawHello())
	c := <-r.conns
	p.data("one")
	msg, err := c.Receive(t.Context())
	require.NoError(t, err)
	require.Equal(t, "one", string(msg))
	send(t, c, "answer")
	require.Equal(t, "answer", p.message())
	require.NoError(t, inner.Close()) // no close_notify
	require.Eventually(t, func() bool { return !c.Stats().Connected }, 5*time.Second, time.Millisecond)
	require.NoError(t, c.Err())

	h := p.resumption(w, 2)
	h.Received, h.Consumed = 0, 0 // the answer never came
	q, _ := dial()
	require.True(t, q.greet(h).Resumed)
	require.Equal(t, "answer", q.message())
	q.data("two")
	msg, err = c.Receive(t.Context())
	require.NoError(t, err)
	require.Equal(t, "two", string(msg))
	require.Len(t, traced(r, &r.downs), 1)
}

// A TLS client that never gets through its handshake is a silent client.
func TestHalfATLSHandshakeTimesOut(t *testing.T) {
	r, _, _ := onTLS(t)
	nc, err := net.Dial("tcp", r.addr)
	require.NoError(t, err)
	defer nc.Close()
	_, err = nc.Write(clientHello(t)[:20])
	require.NoError(t, err)
	after, _ := endOf(t, nc)
	require.Less(t, after, 3*time.Second)
}
