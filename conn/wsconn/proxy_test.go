package wsconn_test

import (
	"context"
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
	"github.com/longsplice/longsplice/reconnect"
)

// proxy is an HTTP proxy that opens tunnels for one user.
func proxy(t *testing.T, asked chan<- string) *url.URL {
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Proxy-Authorization") != "Basic dXNlcjpzZWNyZXQ=" {
			http.Error(w, "who are you?", http.StatusProxyAuthRequired)
			return
		}
		asked <- r.Method + " " + r.RequestURI
		far, err := net.Dial("tcp", r.Host)
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadGateway)
			return
		}
		defer far.Close()
		near, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer near.Close()
		_, _ = io.WriteString(near, "HTTP/1.1 200 OK\r\n\r\n")
		go func() {
			_, _ = io.Copy(far, near)
			_ = far.Close()
		}()
		_, _ = io.Copy(near, far)
	}))
	t.Cleanup(s.Close)
	u, err := url.Parse(s.URL)
	require.NoError(t, err)
	u.User = url.UserPassword("user", "secret")
	return u
}

func TestProxy(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		srv := conn.NewServer(conn.HandlerFunc(echo), nil)
		defer srv.Close()
		ln := wsconn.NewListener(nil)
		go srv.Serve(context.Background(), ln)
		e := serve(t, secure, ln)
		tunnels := make(chan string, 10)
		through := proxy(t, tunnels)
		scheme := "http"
		if secure {
			scheme = "https"
		}
		d := &wsconn.Dialer{TLS: e.client, Proxy: func(r *http.Request) (*url.URL, error) {
			require.Equal(t, scheme, r.URL.Scheme)
			return through, nil
		}}
		ctx := limited(t, 10*time.Second)
		c, err := conn.Dial(ctx, e.target, &conn.Config{Dialers: wsconn.Dialers(d)})
		require.NoError(t, err)
		require.Equal(t, "CONNECT "+e.Listener.Addr().String(), <-tunnels)
		require.NoError(t, c.Send(ctx, []byte("hello")))
		msg, err := c.Receive(ctx)
		require.NoError(t, err)
		require.Equal(t, "hello", string(msg))
		require.NoError(t, c.Close())

		through.User = nil
		_, err = d.Dial(ctx, e.target)
		var status *wsconn.StatusError
		require.ErrorAs(t, err, &status)
		require.Equal(t, http.StatusProxyAuthRequired, status.Code)
		require.ErrorContains(t, err, "who are you?")
	})
}

func TestProxyFails(t *testing.T) {
	ctx := limited(t, 10*time.Second)
	ask := func(u *url.URL, err error) error {
		d := &wsconn.Dialer{Proxy: func(*http.Request) (*url.URL, error) { return u, err }}
		_, err = d.Dial(ctx, "ws://example.test/")
		return err
	}
	require.ErrorIs(t, ask(nil, io.ErrNoProgress), io.ErrNoProgress)

	err := ask(url.Parse("socks5://user:secret@127.0.0.1:1080"))
	require.ErrorContains(t, err, "socks5")
	require.NotContains(t, err.Error(), "secret")
	require.Equal(t, reconnect.CausePermanent, reconnect.Classify(err))

	nobody, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	require.NoError(t, nobody.Close())
	var failed *net.OpError
	require.ErrorAs(t, ask(&url.URL{Scheme: "http", Host: nobody.Addr().String()}, nil), &failed)

	// A proxy that is reached over TLS is verified as well, and one that is silent
	// holds nobody up.
	s := httptest.NewTLSServer(http.NotFoundHandler())
	defer s.Close()
	u, err := url.Parse(s.URL)
	var unknown *tls.CertificateVerificationError
	require.ErrorAs(t, ask(u, err), &unknown)

	silent, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer silent.Close()
	short, cancel := context.WithTimeout(ctx, 50*time.Millisecond)
	defer cancel()
	ctx = short
	require.ErrorIs(t, ask(&url.URL{Scheme: "http", Host: silent.Addr().String()}, nil), context.DeadlineExceeded)
}
