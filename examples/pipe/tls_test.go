package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/pem"
	"hash"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// authority writes a certificate for 127.0.0.1 that vouches for itself.
func authority(t *testing.T) (cert, key string) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IsCA: true,
		BasicConstraintsValid: true, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	require.NoError(t, err)
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	require.NoError(t, err)
	cert, key = filepath.Join(t.TempDir(), "cert.pem"), filepath.Join(t.TempDir(), "key.pem")
	require.NoError(t, os.WriteFile(cert, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600))
	require.NoError(t, os.WriteFile(key, pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret}), 0o600))
	return cert, key
}

// transferOver sends a megabyte through a proxy that cuts it, and returns the
// sender, its status and the hash of what it read.
func transferOver(t *testing.T, receiver *end, flags ...string) (*end, int, hash.Hash) {
	proxy, err := faultproxy.Listen(receiver.listening(t), &faultproxy.Config{
		Schedule: faultproxy.Schedule{Seed: 2, Cuts: 5, Mean: 50_000, Directions: faultproxy.ToServer},
	})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, proxy.Close()) })
	in, sum := data(1 << 20)
	sender := start(t, in, nil, append(append([]string{"send"}, flags...), proxy.Addr().String())...)
	return sender, <-sender.status, sum
}

func TestTLSWithAnAuthority(t *testing.T) {
	cert, key := authority(t)
	other, _ := authority(t)
	got := sha256.New()
	receiver := start(t, nil, got, "listen", "-tls-cert", cert, "-tls-key", key, "127.0.0.1:0")
	for _, flags := range [][]string{{"-tls"}, {"-tls-ca", other}} {
		sender, status, _ := transferOver(t, receiver, flags...)
		require.Equal(t, statusUnreached, status, sender.String())
		require.Contains(t, sender.String(), "the receiver is not to be trusted: ")
	}
	sender, status, sum := transferOver(t, receiver, "-tls-ca", cert)
	require.Zero(t, status, sender.String())
	receiver.ends(t, 0)
	agree(t, sum, got, sender)
}

func TestTLSWithAFingerprint(t *testing.T) {
	got := sha256.New()
	receiver := start(t, nil, got, "listen", "-tls-self", "127.0.0.1:0")
	pin := receiver.await(t, `certificate ([0-9a-f]{64})\n`)
	sender, status, _ := transferOver(t, receiver, "-tls-pin", strings.Repeat("ab", 32))
	require.Equal(t, statusUnreached, status)
	require.Contains(t, sender.String(), "does not have the fingerprint of -tls-pin")
	sender, status, sum := transferOver(t, receiver, "-tls-pin", strings.ToUpper(pin))
	require.Zero(t, status, sender.String())
	receiver.ends(t, 0)
	agree(t, sum, got, sender)
}

func TestCertificatesThatCannotBeUsed(t *testing.T) {
	nothing := filepath.Join(t.TempDir(), "nothing")
	require.NoError(t, os.WriteFile(nothing, nil, 0o600))
	for _, args := range [][]string{
		{"listen", "-tls-cert", nothing, "-tls-key", nothing, "127.0.0.1:0"},
		{"send", "-tls-ca", nothing, "127.0.0.1:1"},
		{"send", "-tls-ca", nothing + "x", "127.0.0.1:1"},
	} {
		e := start(t, nil, nil, args...)
		e.ends(t, statusHere)
		require.Contains(t, e.String(), "pipe: ")
	}
}
