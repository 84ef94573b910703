package conn

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"strings"

	"github.com/longsplice/longsplice/reconnect"
)

// open opens a transport to a target: tcp://host:port, tls://host:port,
// unix:///path, a scheme of Config.Dialers, or host:port for TCP.
func (c *Config) open(ctx context.Context, target string) (net.Conn, error) {
	scheme, address, ok := strings.Cut(target, "://")
	if !ok {
		scheme, address = "tcp", target
	}
	if dial := c.Dialers[scheme]; dial != nil {
		return dial(ctx, address)
	}
	var d net.Dialer
	switch scheme {
	case "tcp", "tcp4", "tcp6":
		return d.DialContext(ctx, scheme, address)
	case "unix":
		return d.DialContext(ctx, "unix", address)
	case "tls":
		t := tls.Dialer{NetDialer: &d, Config: c.tlsConfig()}
		return t.DialContext(ctx, "tcp", address)
	}
	return nil, reconnect.Permanent(fmt.Errorf("conn: no dialer for scheme %q of target %q", scheme, target))
}

func (c *Config) tlsConfig() *tls.Config {
	conf := &tls.Config{}
	if c.TLS != nil {
		conf = c.TLS.Clone()
	}
	conf.MinVersion = max(conf.MinVersion, tls.VersionTLS12)
	return conf
}
