package conn_test

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"time"

	"github.com/longsplice/longsplice/conn"
)

// Mutual TLS: the server takes who the client is from the client's certificate,
// and the session belongs to that name. Nothing else can resume it.
func ExampleConfig_mutualTLS() {
	ctx := context.Background()
	serverCert, clientCert, authority := exampleCertificates()

	// The server. RequireAndVerifyClientCert has every link judged by crypto/tls
	// before Authenticate sees it.
	srv := conn.NewServer(
		conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
			return c.Send(ctx, fmt.Appendf(nil, "%s said %s", c.Identity(), msg))
		}),
		&conn.Config{Authenticate: func(_ context.Context, p conn.Peer) (string, error) {
			if p.TLS == nil || len(p.TLS.VerifiedChains) == 0 {
				return "", errors.New("no verified certificate") // a listener without TLS, say
			}
			return p.TLS.PeerCertificates[0].Subject.CommonName, nil
		}},
	)
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{
		MinVersion:   tls.VersionTLS13,
		Certificates: []tls.Certificate{serverCert},
		ClientAuth:   tls.RequireAndVerifyClientCert,
		ClientCAs:    authority,
	})
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, ln)
	defer srv.Close()

	// The client. Verification is on; RootCAs says whom it trusts, and
	// ServerName whom it wants, which is the target's host if it is empty.
	c, err := conn.Dial(ctx, "tls://"+ln.Addr().String(), &conn.Config{TLS: &tls.Config{
		RootCAs:      authority,
		ServerName:   "server.example",
		Certificates: []tls.Certificate{clientCert},
	}})
	if err != nil {
		panic(err)
	}
	defer c.Close()
	if err := c.Send(ctx, []byte("hello")); err != nil {
		panic(err)
	}
	msg, err := c.Receive(ctx)
	fmt.Printf("%s %v\n", msg, err)
	// Output: ann said hello <nil>
}

// A server behind TLS, and a credential that only travels inside of it. The
// plain listener is for this host alone.
func ExampleServer_tLS() {
	ctx := context.Background()
	serverCert, _, authority := exampleCertificates()
	srv := conn.NewServer(
		conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error { return c.Send(ctx, msg) }),
		&conn.Config{Authenticate: func(_ context.Context, p conn.Peer) (string, error) {
			if p.TLS == nil {
				return "", errors.New("a credential without TLS") // for the log, which must not have the credential
			}
			return userOf(p.Credential)
		}},
	)
	ln, err := tls.Listen("tcp", "127.0.0.1:0", &tls.Config{Certificates: []tls.Certificate{serverCert}})
	if err != nil {
		panic(err)
	}
	plain, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	go srv.Serve(ctx, ln)
	go srv.Serve(ctx, plain)
	defer srv.Close()

	cfg := &conn.Config{
		TLS:        &tls.Config{RootCAs: authority, ServerName: "server.example"},
		Credential: func(context.Context) ([]byte, error) { return []byte("what ann was given"), nil },
	}
	c, err := conn.Dial(ctx, "tls://"+ln.Addr().String(), cfg)
	if err != nil {
		panic(err)
	}
	defer c.Close()
	fmt.Println("over TLS:", err)

	_, err = conn.Dial(ctx, "tcp://"+plain.Addr().String(), cfg)
	fmt.Println("without: ", err)
	// Output:
	// over TLS: <nil>
	// without:  conn: refused by the server: credential not accepted
}

// userOf stands for the application's check of a credential.
func userOf(credential []byte) (string, error) {
	if string(credential) != "what ann was given" {
		return "", errors.New("unknown credential")
	}
	return "ann", nil
}

// exampleCertificates stands for certificates that an authority has issued: to
// server.example, and to the client ann.
func exampleCertificates() (server, client tls.Certificate, authority *x509.CertPool) {
	caKey, ca := exampleKey(), &x509.Certificate{
		SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
		Subject:   pkix.Name{CommonName: "example authority"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, ca, ca, caKey.Public(), caKey)
	if err != nil {
		panic(err)
	}
	if ca, err = x509.ParseCertificate(der); err != nil {
		panic(err)
	}
	issue := func(serial int64, name string, usage x509.ExtKeyUsage) tls.Certificate {
		key := exampleKey()
		der, err := x509.CreateCertificate(rand.Reader, &x509.Certificate{
			SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name}, DNSNames: []string{name},
			ExtKeyUsage: []x509.ExtKeyUsage{usage},
			NotBefore:   time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		}, ca, key.Public(), caKey)
		if err != nil {
			panic(err)
		}
		return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
	}
	authority = x509.NewCertPool()
	authority.AddCert(ca)
	return issue(2, "server.example", x509.ExtKeyUsageServerAuth), issue(3, "ann", x509.ExtKeyUsageClientAuth), authority
}

func exampleKey() *ecdsa.PrivateKey {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		panic(err)
	}
	return key
}
