// Package certificate holds what a server shows, which can be replaced while it runs.
package certificate

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"sync/atomic"
	"time"
)

// A Holder holds a certificate, or none.
type Holder struct {
	atomic.Pointer[tls.Certificate]
}

// Load reads the certificate and its key, PEM files, or makes one if it is to be
// self-signed and there is none. Without either nothing changes.
func (h *Holder) Load(cert, key string, self bool) error {
	switch {
	case cert != "":
		pair, err := tls.LoadX509KeyPair(cert, key)
		if err != nil {
			return err
		}
		h.Store(&pair)
	case self && h.Pointer.Load() == nil:
		pair, err := selfSigned()
		if err != nil {
			return err
		}
		h.Store(pair)
	}
	return nil
}

// Empty reports whether there is none.
func (h *Holder) Empty() bool { return h.Pointer.Load() == nil }

// Config is for listeners. It shows what the Holder holds at that moment.
func (h *Holder) Config() *tls.Config {
	return &tls.Config{
		MinVersion:     tls.VersionTLS12,
		GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return h.Pointer.Load(), nil },
	}
}

// selfSigned makes a certificate for this machine and this run.
func selfSigned() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "longsplice chat, self-signed"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(0, 1, 0),
		DNSNames:     []string{"localhost"},
		IPAddresses:  []net.IP{net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}
