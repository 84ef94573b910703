package wsconn_test

import (
	"bufio"
	"context"
	"crypto/sha1"
	"crypto/tls"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
	"github.com/longsplice/longsplice/reconnect"
)

// answering is a target whose server answers each request with the same text,
// and tells what it was asked.
func answering(t *testing.T, answer string) (target string, asked <-chan *http.Request) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = ln.Close() })
	requests := make(chan *http.Request, 10)
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			go func() {
				defer c.Close()
				r, err := http.ReadRequest(bufio.NewReader(c))
				if err != nil {
					return
				}
				requests <- r
				_, _ = io.WriteString(c, strings.ReplaceAll(answer, "\n", "\r\n"))
				if answer == "" {
					_, _ = c.Read(make([]byte, 1)) // until the client has had enough
				}
			}()
		}
	}()
	return "ws://" + ln.Addr().String() + "/a/path?a=query", requests
}

func TestDialAsks(t *testing.T) {
	target, asked := answering(t, "HTTP/1.1 404 Not Found\n\n")
	d := wsconn.Dialer{Header: http.Header{"Host": {"other.example"}, "X-Mine": {"1", "2"}}, Subprotocol: "mine"}
	_, err := d.Dial(limited(t, 10*time.Second), strings.Replace(target, "ws://", "ws://user:secret@", 1))
	require.Error(t, err)
	r := <-asked
	require.Equal(t, "/a/path?a=query", r.RequestURI)
	require.Equal(t, "other.example", r.Host)
	name, password, _ := r.BasicAuth()
	require.Equal(t, "user secret", name+" "+password)
	r.Header.Del("Authorization")
	require.Len(t, r.Header.Get("Sec-WebSocket-Key"), 24)
	r.Header.Del("Sec-WebSocket-Key")
	require.Equal(t, http.Header{
		"Connection":             {"Upgrade"},
		"Upgrade":                {"websocket"},
		"Sec-Websocket-Version":  {"13"},
		"Sec-Websocket-Protocol": {"mine"},
		"X-Mine":                 {"1", "2"},
	}, r.Header)
	require.NotNil(t, d.Header["Host"], "the Dialer's own header stays as it is")
}

// What a server may answer instead of an upgrade.
func TestDialRefused(t *testing.T) {
	const accepted = "HTTP/1.1 101 Switching Protocols\nUpgrade: websocket\nConnection: Upgrade\n"
	for name, c := range map[string]struct {
		answer string
		want   error // if it can be told apart
		text   string
	}{
		"not found":       {"HTTP/1.1 404 Not Found\nContent-Length: 9\n\nnot here\n", &wsconn.StatusError{Code: 404, Text: "not here\r\n"[:9]}, `HTTP status 404: "not here`},
		"a long text":     {"HTTP/1.1 403 Forbidden\n\n" + long, &wsconn.StatusError{Code: 403, Text: long[:128]}, "403"},
		"no text":         {"HTTP/1.1 502 Bad Gateway\nContent-Length: 0\n\n", &wsconn.StatusError{Code: 502}, "HTTP status 502"},
		"no HTTP":         {"SSH-2.0-OpenSSH_9.2p1 Debian\n\n", nil, "upgrade"},
		"nothing":         {"HTTP/1.1", nil, "upgrade"},
		"no key":          {accepted + "\n", nil, "Accept"},
		"a wrong key":     {accepted + "Sec-WebSocket-Accept: s3pPLMBiTxaQ9kYGzzhZRbK+xOo=\n\n", nil, "Accept"},
		"no upgrade":      {"HTTP/1.1 101 Switching Protocols\nConnection: Upgrade\n\n", nil, "Upgrade"},
		"a header at all": {"HTTP/1.1 101 Switching Protocols\nUpgrade websocket\n\n", nil, "malformed"},
	} {
		t.Run(name, func(t *testing.T) {
			target, _ := answering(t, c.answer)
			nc, err := new(wsconn.Dialer).Dial(limited(t, 10*time.Second), target)
			require.Nil(t, nc)
			require.ErrorContains(t, err, c.text)
			require.ErrorContains(t, err, "wsconn: ")
			if c.want != nil {
				require.Equal(t, c.want, err)
			}
		})
	}
}

// A server that says when to come back is obeyed.
func TestDialRetryAfter(t *testing.T) {
	target, _ := answering(t, "HTTP/1.1 503 Service Unavailable\nRetry-After: 7\n\nfull")
	_, err := new(wsconn.Dialer).Dial(limited(t, 10*time.Second), target)
	var status *wsconn.StatusError
	require.ErrorAs(t, err, &status)
	require.Equal(t, "full", status.Text)
	require.Equal(t, reconnect.RetryAfter(7*time.Second, 14*time.Second, status), err)
}

// A server that does not take the subprotocol speaks another one.
func TestDialAnotherSubprotocol(t *testing.T) {
	e := serve(t, false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Header.Set("Sec-WebSocket-Protocol", "other")
		c, err := wsconn.Upgrade(w, r, &wsconn.Config{Subprotocol: "other"})
		if err == nil {
			_ = c.Close()
		}
	}))
	_, err := new(wsconn.Dialer).Dial(limited(t, 10*time.Second), e.target)
	require.ErrorContains(t, err, "protocol")
	c, err := (&wsconn.Dialer{Subprotocol: "other"}).Dial(limited(t, 10*time.Second), e.target)
	require.NoError(t, err)
	require.NoError(t, c.Close())
}

// One that takes none may not know what it has been asked for.
func TestDialNoSubprotocol(t *testing.T) {
	e := serve(t, false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		sock, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer sock.Close()
		sum := sha1.Sum([]byte(r.Header.Get("Sec-WebSocket-Key") + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"))
		_, _ = fmt.Fprintf(sock, "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"+
			"Sec-WebSocket-Accept: %s\r\n\r\n", base64.StdEncoding.EncodeToString(sum[:]))
		_, _ = sock.Read(make([]byte, 1))
	}))
	_, err := new(wsconn.Dialer).Dial(limited(t, 10*time.Second), e.target)
	require.ErrorContains(t, err, `subprotocol "longsplice"`)
}

func TestDialTarget(t *testing.T) {
	for _, target := range []string{"", "ws://", "ws:///path", "http://localhost", "localhost", "ws://localhost:port", "ws://%zz"} {
		_, err := new(wsconn.Dialer).Dial(t.Context(), target)
		require.ErrorContains(t, err, "target", target)
		require.Equal(t, reconnect.Permanent(errors.Unwrap(err)), err, target)
	}
	_, err := conn.Dial(limited(t, time.Second), "ws:///", &conn.Config{Dialers: wsconn.Dialers(nil)})
	require.ErrorContains(t, err, "target")
	require.NotErrorIs(t, err, context.DeadlineExceeded)
}

// A server that is silent, at any stage, holds a dial up no longer than its
// context.
func TestDialCancelled(t *testing.T) {
	target, asked := answering(t, "")
	ctx, cancel := context.WithCancel(context.Background())
	go func() { <-asked; cancel() }()
	_, err := new(wsconn.Dialer).Dial(ctx, target)
	require.Equal(t, context.Canceled, err)

	ln, err := net.Listen("tcp", "127.0.0.1:0") // which never answers
	require.NoError(t, err)
	defer ln.Close()
	for _, scheme := range []string{"ws://", "wss://"} {
		ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
		defer cancel()
		_, err = new(wsconn.Dialer).Dial(ctx, scheme+ln.Addr().String())
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
}

// TLS is verified, against the host of the target, and not older than 1.2.
func TestDialVerifies(t *testing.T) {
	ln := wsconn.NewListener(nil)
	defer ln.Close()
	e := serve(t, true, ln)
	ctx := limited(t, 10*time.Second)
	_, err := new(wsconn.Dialer).Dial(ctx, e.target)
	var unknown *tls.CertificateVerificationError
	require.ErrorAs(t, err, &unknown)
	named := e.client.Clone()
	named.ServerName = "another.test"
	_, err = (&wsconn.Dialer{TLS: named}).Dial(ctx, e.target)
	require.ErrorAs(t, err, &unknown)
	old := e.client.Clone()
	old.MinVersion, old.MaxVersion = tls.VersionTLS10, tls.VersionTLS11
	_, err = (&wsconn.Dialer{TLS: old}).Dial(ctx, e.target)
	require.ErrorContains(t, err, "no supported versions", "the Dialer has none")
}
