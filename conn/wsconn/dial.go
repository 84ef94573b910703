package wsconn

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"

	"github.com/gobwas/ws"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/reconnect"
)

// A Dialer opens WebSockets to servers. The zero Dialer means the defaults. It
// must not be changed while it is in use, and may be used concurrently.
type Dialer struct {
	// Header goes out with the upgrade. A Host in it is what the server is
	// asked for. Credentials for the conn.Server have a place of
	// their own, conn.Config.Credential, which may renew them.
	Header http.Header

	// TLS configures wss targets. Nil means the system's roots and the target's
	// host name. Versions below TLS 1.2 are never spoken.
	TLS *tls.Config

	// Proxy gives the HTTP proxy for a request, or nil for none. It is asked with
	// the target's URL, as http or https. Nil means [http.ProxyFromEnvironment].
	Proxy func(*http.Request) (*url.URL, error)

	// NetDial opens the connection, to the target or to the proxy. Nil means
	// a [net.Dialer].
	NetDial func(ctx context.Context, network, address string) (net.Conn, error)

	// Subprotocol is the one that is offered, and that the server has to take.
	// Empty means [Subprotocol].
	Subprotocol string

	// MaxMessage is as for [Config].
	MaxMessage int64
}

// Dialers is what conn.Config.Dialers needs for targets "ws://host/path" and
// "wss://host/path". A nil Dialer means the defaults.
func Dialers(d *Dialer) map[string]conn.DialFunc {
	if d == nil {
		d = &Dialer{}
	}
	dial := func(scheme string) conn.DialFunc {
		return func(ctx context.Context, address string) (net.Conn, error) {
			c, err := d.Dial(ctx, scheme+"://"+address)
			if err != nil {
				return nil, err // and not a *Conn that is nil
			}
			return c, nil
		}
	}
	return map[string]conn.DialFunc{"ws": dial("ws"), "wss": dial("wss")}
}

// Dial opens a WebSocket to a target, "ws://host:port/path" or "wss://…", whose
// port is 80 or 443 unless it is given. A server that answers with something else
// than an upgrade is a *StatusError; if it said when to come back, Dial's
// error tells package reconnect so.
func (d *Dialer) Dial(ctx context.Context, target string) (*Conn, error) {
	u, err := url.Parse(target)
	if err != nil || u.Host == "" || u.Scheme != "ws" && u.Scheme != "wss" {
		return nil, reconnect.Permanent(fmt.Errorf("wsconn: target %q is not ws://host/path or wss://host/path", target))
	}
	sock, err := d.reach(ctx, u)
	if err != nil {
		return nil, err
	}
	stop := context.AfterFunc(ctx, func() { _ = sock.SetDeadline(past) })
	c, err := d.upgrade(ctx, sock, u)
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		_ = sock.Close() // nothing was begun on it
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		return nil, err
	}
	return c, nil
}

// past makes a blocked read or write return.
var past = time.Unix(1, 0)

// upgrade performs the handshakes on a socket that reaches the target.
func (d *Dialer) upgrade(ctx context.Context, sock net.Conn, u *url.URL) (*Conn, error) {
	if u.Scheme == "wss" {
		t := tls.Client(sock, d.tlsConfig(u.Hostname()))
		if err := t.HandshakeContext(ctx); err != nil {
			return nil, fmt.Errorf("wsconn: %w", err)
		}
		sock = t
	}
	sub := cmp.Or(d.Subprotocol, Subprotocol)
	var refused error
	w := ws.Dialer{
		Protocols:     []string{sub},
		Host:          d.Header.Get("Host"),
		OnStatusError: func(_ int, _ []byte, answer io.Reader) { refused = refusal(answer) },
	}
	w.Header = ws.HandshakeHeaderHTTP(d.header(u))
	br, hs, err := w.Upgrade(sock, u)
	switch {
	case refused != nil:
		return nil, refused
	case err != nil:
		return nil, fmt.Errorf("wsconn: upgrade: %w", err)
	case hs.Protocol != sub:
		return nil, fmt.Errorf("wsconn: upgrade: the server has not taken the subprotocol %q", sub)
	}
	var pre []byte
	if br != nil { // the server has sent more than its answer
		pre = make([]byte, br.Buffered())
		_, err = io.ReadFull(br, pre)
		ws.PutReader(br)
	}
	return newConn(sock, ws.StateClientSide, limit(d.MaxMessage), pre), err
}

// header is what goes out with the upgrade.
func (d *Dialer) header(u *url.URL) http.Header {
	h := d.Header.Clone()
	if h == nil {
		h = http.Header{}
	}
	h.Del("Host")
	if name := u.User.Username(); name != "" && h.Get("Authorization") == "" {
		password, _ := u.User.Password()
		h.Set("Authorization", basic(name, password))
	}
	return h
}

func (d *Dialer) tlsConfig(host string) *tls.Config {
	conf := &tls.Config{}
	if d.TLS != nil {
		conf = d.TLS.Clone()
	}
	conf.MinVersion = max(conf.MinVersion, tls.VersionTLS12)
	conf.ServerName = cmp.Or(conf.ServerName, host)
	conf.NextProtos = []string{"http/1.1"} // HTTP/2 has another kind of upgrade
	return conf
}

// refusal is the error of an answer that is not an upgrade.
func refusal(answer io.Reader) error {
	resp, err := http.ReadResponse(bufio.NewReader(io.LimitReader(answer, 16<<10)), nil)
	if err != nil {
		return fmt.Errorf("wsconn: upgrade: %w", err)
	}
	defer resp.Body.Close()
	return statusError(resp)
}

// statusError is what a server or a proxy answered.
func statusError(resp *http.Response) error {
	text, _ := io.ReadAll(io.LimitReader(resp.Body, 128)) // what there is of it
	err := &StatusError{Code: resp.StatusCode, Text: string(text)}
	if after, bad := time.ParseDuration(resp.Header.Get("Retry-After") + "s"); bad == nil && after > 0 {
		return reconnect.RetryAfter(after, 2*after, err)
	}
	return err
}

// errProxy: a kind of proxy that is not known here.
var errProxy = errors.New("only http and https proxies are known; see Dialer.NetDial for others")
