package conntest

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTransportMem(t *testing.T) {
	t.Parallel()
	TestTransport(t, func(t *testing.T) (client, server net.Conn) { return Pipe() })
}

func TestTransportMemFaulty(t *testing.T) {
	t.Parallel()
	TestTransport(t, func(t *testing.T) (client, server net.Conn) {
		n := New(&Config{Buffer: 1000})
		n.SetSlice(Both, 100)
		client, server, _ = connect(t, n)
		return client, server
	})
}

func TestTransportTCP(t *testing.T) {
	t.Parallel()
	TestTransport(t, dialTCP)
}

func TestTransportUnix(t *testing.T) {
	t.Parallel()
	TestTransport(t, func(t *testing.T) (client, server net.Conn) {
		dir, err := os.MkdirTemp("", "conntest") // t.TempDir is too long for a socket
		require.NoError(t, err)
		t.Cleanup(func() { _ = os.RemoveAll(dir) })
		return dialOn(t, "unix", filepath.Join(dir, "s"))
	})
}

func TestTransportTLS(t *testing.T) {
	t.Parallel()
	config := selfSigned(t)
	TestTransport(t, func(t *testing.T) (client, server net.Conn) {
		client, server = dialTCP(t)
		near, far := tls.Client(client, config), tls.Server(server, config)
		shaken := background(near.Handshake)
		require.NoError(t, far.Handshake())
		require.NoError(t, <-shaken)
		return near, far
	})
}

// An unbuffered transport passes too, as the documentation says.
func TestTransportNetPipe(t *testing.T) {
	t.Parallel()
	TestTransport(t, func(t *testing.T) (client, server net.Conn) { return net.Pipe() })
}

func dialTCP(t *testing.T) (client, server net.Conn) { return dialOn(t, "tcp", "127.0.0.1:0") }

// dialOn returns a connection of the operating system's.
func dialOn(t *testing.T, network, address string) (client, server net.Conn) {
	l, err := net.Listen(network, address)
	require.NoError(t, err)
	defer l.Close()
	client, err = (&net.Dialer{}).DialContext(context.Background(), network, l.Addr().String())
	require.NoError(t, err)
	server, err = l.Accept()
	require.NoError(t, err)
	return client, server
}

func selfSigned(t *testing.T) *tls.Config {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{SerialNumber: big.NewInt(1)}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	return &tls.Config{
		Certificates:       []tls.Certificate{{Certificate: [][]byte{certificate}, PrivateKey: key}},
		InsecureSkipVerify: true, // what is tested is the transport
	}
}
