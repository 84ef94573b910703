package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"time"

	"github.com/longsplice/longsplice/conn"
)

// Longsplice's sessions over TLS, which nobody else here has: it is to tell what
// TLS costs.
var tlsPeer = &peer{
	name:     "longsplice/tls",
	ours:     true,
	promises: true,
	tuned:    "the zero Config over crypto/tls, TLS 1.3 with an ECDSA key; fan-out as longsplice",
	only:     []string{"idle", "fanout", "echo"},
	serve:    serveTLS,
	dial: func(ctx context.Context, to target) (client, error) {
		to.addr = "tls://" + to.addr
		// The server, in another process, has made its certificate itself.
		return dialLongsplice(ctx, to, &conn.Config{TLS: &tls.Config{InsecureSkipVerify: true}})
	},
}

func serveTLS(addr string, a app) (server, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, err
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(24 * time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return nil, err
	}
	tcp, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	cert := tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	return serveLongspliceOn(tls.NewListener(tcp, &tls.Config{Certificates: []tls.Certificate{cert}}), a), nil
}
