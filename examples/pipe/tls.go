package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/hex"
	"errors"
	"math/big"
	"os"
	"strings"
	"time"
)

// certificate is what the receiver shows, nil without TLS.
func (o listenOptions) certificate() (*tls.Certificate, error) {
	switch {
	case o.self:
		cert, err := selfSigned()
		if err != nil {
			return nil, failed(statusHere, "no certificate could be made: %w", err)
		}
		return cert, nil
	case o.cert != "":
		cert, err := tls.LoadX509KeyPair(o.cert, o.key)
		if err != nil {
			return nil, failed(statusHere, "the certificate cannot be used: %w", err)
		}
		return &cert, nil
	}
	return nil, nil
}

// selfSigned makes a certificate for this run. Whom it names does not matter:
// the sender knows it by its fingerprint.
func selfSigned() (*tls.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1),
		Subject:      pkix.Name{CommonName: "pipe"},
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().AddDate(0, 1, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		return nil, err
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, nil
}

// fingerprint is the SHA-256 of a certificate.
func fingerprint(der []byte) string {
	sum := sha256.Sum256(der)
	return hex.EncodeToString(sum[:])
}

// errPin is a receiver that is not the one with the fingerprint.
var errPin = errors.New("its certificate does not have the fingerprint of -tls-pin")

// trust is whom the sender believes, nil without TLS.
func (o sendOptions) trust() (*tls.Config, error) {
	switch {
	case o.pin != "":
		return pinned(o.pin)
	case o.ca != "":
		pem, err := os.ReadFile(o.ca)
		if err != nil {
			return nil, failed(statusHere, "the authorities cannot be read: %w", err)
		}
		roots := x509.NewCertPool()
		if !roots.AppendCertsFromPEM(pem) {
			return nil, failed(statusHere, "there is no certificate in %s", o.ca)
		}
		return &tls.Config{RootCAs: roots}, nil
	case o.tls:
		return &tls.Config{}, nil
	}
	return nil, nil
}

// pinned trusts one certificate, whoever signed it and whatever it says.
func pinned(pin string) (*tls.Config, error) {
	pin = strings.ToLower(strings.ReplaceAll(pin, ":", ""))
	if sum, err := hex.DecodeString(pin); err != nil || len(sum) != sha256.Size {
		return nil, failed(statusUsage, "-tls-pin must be %d hexadecimal digits", 2*sha256.Size)
	}
	return &tls.Config{
		InsecureSkipVerify: true, // VerifyConnection is stricter
		VerifyConnection: func(state tls.ConnectionState) error {
			if fingerprint(state.PeerCertificates[0].Raw) != pin {
				return errPin
			}
			return nil
		},
	}, nil
}

// untrusted reports whether err is a certificate that was not believed. Trying
// again would not mend that.
func untrusted(err error) bool {
	return errors.Is(err, errPin) || errors.As(err, new(*tls.CertificateVerificationError))
}
