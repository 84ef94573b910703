package wsconn

import (
	"bufio"
	"cmp"
	"context"
	"crypto/tls"
	"encoding/base64"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"

	"github.com/longsplice/longsplice/reconnect"
)

// reach opens a connection to the target, or through a proxy.
func (d *Dialer) reach(ctx context.Context, u *url.URL) (net.Conn, error) {
	dial := d.NetDial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	find := d.Proxy
	if find == nil {
		find = http.ProxyFromEnvironment
	}
	page := *u
	page.Scheme = map[string]string{"ws": "http", "wss": "https"}[u.Scheme]
	proxy, err := find((&http.Request{Method: http.MethodGet, URL: &page, Host: u.Host}).WithContext(ctx))
	if err != nil {
		return nil, fmt.Errorf("wsconn: proxy for %s: %w", u.Host, err)
	}
	target := address(&page)
	if proxy == nil {
		return dial(ctx, "tcp", target)
	}
	if proxy.Scheme != "http" && proxy.Scheme != "https" {
		return nil, reconnect.Permanent(fmt.Errorf("wsconn: proxy %s: %w", proxy.Redacted(), errProxy))
	}
	sock, err := dial(ctx, "tcp", address(proxy))
	if err != nil {
		return nil, err
	}
	if proxy.Scheme == "https" {
		sock = tls.Client(sock, &tls.Config{ServerName: proxy.Hostname(), MinVersion: tls.VersionTLS12})
	}
	stop := context.AfterFunc(ctx, func() { _ = sock.SetDeadline(past) })
	err = tunnel(sock, proxy, target)
	if !stop() {
		err = ctx.Err()
	}
	if err != nil {
		_ = sock.Close() // nothing was begun on it
		return nil, err
	}
	return sock, nil
}

// address is host:port of a URL.
func address(u *url.URL) string {
	port := map[string]string{"http": "80", "https": "443"}[u.Scheme]
	return net.JoinHostPort(u.Hostname(), cmp.Or(u.Port(), port))
}

// tunnel asks an HTTP proxy for a connection to target (RFC 9110, section 9.3.6).
func tunnel(sock net.Conn, proxy *url.URL, target string) error {
	req := &http.Request{Method: http.MethodConnect, URL: &url.URL{Opaque: target}, Host: target, Header: http.Header{}}
	if name := proxy.User.Username(); name != "" {
		password, _ := proxy.User.Password()
		req.Header.Set("Proxy-Authorization", basic(name, password))
	}
	if err := req.Write(sock); err != nil {
		return fmt.Errorf("wsconn: proxy %s: %w", proxy.Redacted(), err)
	}
	// Nothing comes behind the answer before this end has said something.
	resp, err := http.ReadResponse(bufio.NewReader(io.LimitReader(sock, 16<<10)), req)
	if err != nil {
		return fmt.Errorf("wsconn: proxy %s: %w", proxy.Redacted(), err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("wsconn: proxy %s: %w", proxy.Redacted(), statusError(resp))
	}
	return nil
}

func basic(name, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(name+":"+password))
}
