package wsconn_test

import (
	"context"
	"crypto/tls"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/wsconn"
)

// limited is a context that ends well before the test binary does.
func limited(t testing.TB, d time.Duration) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), d)
	t.Cleanup(cancel)
	return ctx
}

// An endpoint is an HTTP server, and the target that reaches its handler.
type endpoint struct {
	*httptest.Server
	target string
	client *tls.Config
}

// serve has h answer HTTP, or HTTPS, until the test ends.
func serve(t testing.TB, secure bool, h http.Handler) endpoint {
	s := httptest.NewUnstartedServer(h)
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	var client *tls.Config
	if secure {
		s.StartTLS()
		client = s.Client().Transport.(*http.Transport).TLSClientConfig
	} else {
		s.Start()
	}
	t.Cleanup(s.Close)
	return endpoint{s, strings.Replace(s.URL, "http", "ws", 1) + "/path?query=1", client}
}

// pair opens a WebSocket and returns both ends.
func pair(t testing.TB, secure bool, cfg *wsconn.Config, d wsconn.Dialer) (client, server *wsconn.Conn) {
	ln := wsconn.NewListener(cfg)
	t.Cleanup(func() { _ = ln.Close() })
	e := serve(t, secure, ln)
	accepted := make(chan net.Conn, 1)
	go func() {
		c, _ := ln.Accept()
		accepted <- c
	}()
	d.TLS = e.client
	client, err := d.Dial(limited(t, 10*time.Second), e.target)
	require.NoError(t, err)
	t.Cleanup(func() { _ = client.Close() })
	server = (<-accepted).(*wsconn.Conn)
	t.Cleanup(func() { _ = server.Close() })
	return client, server
}

// both runs a test over ws and over wss.
func both(t *testing.T, f func(t *testing.T, secure bool)) {
	t.Run("ws", func(t *testing.T) { f(t, false) })
	t.Run("wss", func(t *testing.T) { f(t, true) })
}
