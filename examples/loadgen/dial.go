package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
	"github.com/longsplice/longsplice/reconnect"
)

// trusted says whose certificates are accepted: nil for those that the system
// trusts.
func (o *options) trusted() (*tls.Config, error) {
	switch {
	case o.insecure:
		return &tls.Config{InsecureSkipVerify: true}, nil
	case o.ca == "":
		return nil, nil
	}
	pem, err := os.ReadFile(o.ca)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("-ca %s: there is no certificate in it", o.ca)
	}
	return &tls.Config{RootCAs: pool}, nil
}

type dialFunc func(ctx context.Context, network, address string) (net.Conn, error)

// dialers are those of all transports, over dial.
func dialers(dial dialFunc, trust *tls.Config) map[string]conn.DialFunc {
	all := wsconn.Dialers(&wsconn.Dialer{TLS: trust, NetDial: dial})
	all["tcp"] = func(ctx context.Context, address string) (net.Conn, error) { return dial(ctx, "tcp", address) }
	all["tls"] = func(ctx context.Context, address string) (net.Conn, error) { return dialTLS(ctx, dial, address, trust) }
	return all
}

func dialTLS(ctx context.Context, dial dialFunc, address string, trust *tls.Config) (net.Conn, error) {
	trust = trust.Clone() // of nil: nil
	if trust == nil {
		trust = &tls.Config{}
	}
	trust.MinVersion = tls.VersionTLS12
	if trust.ServerName == "" {
		host, _, err := net.SplitHostPort(address)
		if err != nil {
			return nil, reconnect.Permanent(err)
		}
		trust.ServerName = host
	}
	nc, err := dial(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	c := tls.Client(nc, trust)
	if err := c.HandshakeContext(ctx); err != nil {
		nc.Close()
		return nil, err
	}
	return c, nil
}

// cutting returns a dial function whose connections are cut after about the time
// given, between half and one and a half of it, if strikes then returns true, and
// calls struck for each that was. It leaves the connection itself as it is, so that what is measured is what
// an application would have. Zero means never.
func cutting(every time.Duration, strikes func() bool, struck func()) dialFunc {
	dial := new(net.Dialer).DialContext
	if every <= 0 {
		return dial
	}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		nc, err := dial(ctx, network, address)
		if err == nil {
			tcp := nc.(*net.TCPConn)
			time.AfterFunc(every/2+rand.N(every), func() {
				if strikes() && cut(tcp, rand.N(2) == 0) {
					struck()
				}
			})
		}
		return nc, err
	}
}

// cut ends what the connection takes in, upon which its owner closes it: the
// other end sees a reset, or an end in order. It returns false if the owner had
// closed it before.
func cut(c *net.TCPConn, reset bool) bool {
	if reset && c.SetLinger(0) != nil {
		return false
	}
	return c.CloseRead() == nil
}
