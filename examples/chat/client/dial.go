package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"os"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/reconnect"
)

// maxMessage is the longest message either way, as the protocol has it.
const maxMessage = 16 << 10

// connConfig says how to connect. Somebody sits before the screen and waits: the
// link is watched more closely than the library would by itself, and the pauses
// between attempts are shorter.
func connConfig(o options) (*conn.Config, error) {
	trust, err := trusted(o)
	if err != nil {
		return nil, err
	}
	cfg := &conn.Config{
		MaxMessage: maxMessage,
		TLS:        trust,
		Heartbeat:  &heartbeat.Config{Interval: 5 * time.Second, Timeout: 10 * time.Second, ProbeAfter: 2 * time.Second},
		Retry:      reconnect.Policy{MaxDelay: 15 * time.Second},
		Linger:     time.Second,
	}
	if o.cut > 0 {
		cfg.Retry.StableAfter = -1 // it is cut on purpose, again and again
	}
	dial := cutting(o.cut)
	cfg.Dialers = wsconn.Dialers(&wsconn.Dialer{TLS: trust, NetDial: dial})
	cfg.Dialers["tcp"] = func(ctx context.Context, address string) (net.Conn, error) { return dial(ctx, "tcp", address) }
	cfg.Dialers["tls"] = func(ctx context.Context, address string) (net.Conn, error) { return dialTLS(ctx, dial, address, trust) }
	return cfg, nil
}

// trusted says whose certificates are accepted: nil for those that the system
// trusts.
func trusted(o options) (*tls.Config, error) {
	switch {
	case o.insecure:
		return &tls.Config{InsecureSkipVerify: true}, nil
	case o.ca == "":
		return nil, nil
	}
	pem, err := os.ReadFile(o.ca)
	if err != nil {
		return nil, &usageError{err}
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(pem) {
		return nil, &usageError{fmt.Errorf("-ca %s: there is no certificate in it", o.ca)}
	}
	return &tls.Config{RootCAs: pool}, nil
}

func dialTLS(ctx context.Context, dial dialFunc, address string, trust *tls.Config) (net.Conn, error) {
	if trust == nil {
		trust = &tls.Config{}
	}
	trust = trust.Clone()
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
