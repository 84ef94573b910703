package wsconn_test

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/wsconn"
)

// upgradeRequest is what a browser asks, but for the origin.
func upgradeRequest() *http.Request {
	r := httptest.NewRequest(http.MethodGet, "/path", nil)
	r.Header = http.Header{
		"Connection":               {"keep-alive, Upgrade"},
		"Upgrade":                  {"websocket"},
		"Sec-Websocket-Version":    {"13"},
		"Sec-Websocket-Key":        {"dGhlIHNhbXBsZSBub25jZQ=="},
		"Sec-Websocket-Protocol":   {"other, longsplice"},
		"Sec-Websocket-Extensions": {"permessage-deflate; client_max_window_bits"},
	}
	return r
}

func TestUpgradeRefused(t *testing.T) {
	for name, c := range map[string]struct {
		spoil  func(*http.Request)
		status int
		text   string
		header http.Header
	}{
		"a plain GET": {func(r *http.Request) { r.Header = http.Header{} }, 426, "this is a WebSocket endpoint",
			http.Header{"Upgrade": {"websocket"}, "Connection": {"Upgrade"}}},
		"another upgrade": {func(r *http.Request) { r.Header.Set("Upgrade", "h2c") }, 426, "this is a WebSocket endpoint", nil},
		"no connection":   {func(r *http.Request) { r.Header.Set("Connection", "close") }, 426, "this is a WebSocket endpoint", nil},
		"POST":            {func(r *http.Request) { r.Method = "POST" }, 405, "begins with GET", http.Header{"Allow": {"GET"}}},
		"HTTP/1.0":        {func(r *http.Request) { r.ProtoMinor = 0 }, 505, "HTTP/1.1", nil},
		"HTTP/2":          {func(r *http.Request) { r.ProtoMajor = 2 }, 505, "HTTP/1.1", nil},
		"another version": {func(r *http.Request) { r.Header.Set("Sec-WebSocket-Version", "8") }, 426, "version 13",
			http.Header{"Sec-Websocket-Version": {"13"}}},
		"no version":          {func(r *http.Request) { r.Header.Del("Sec-WebSocket-Version") }, 426, "version 13", nil},
		"no key":              {func(r *http.Request) { r.Header.Del("Sec-WebSocket-Key") }, 400, "Sec-WebSocket-Key", nil},
		"a short key":         {func(r *http.Request) { r.Header.Set("Sec-WebSocket-Key", "c2hvcnQ=") }, 400, "Sec-WebSocket-Key", nil},
		"no subprotocol":      {func(r *http.Request) { r.Header.Del("Sec-WebSocket-Protocol") }, 400, `"longsplice"`, nil},
		"another subprotocol": {func(r *http.Request) { r.Header.Set("Sec-WebSocket-Protocol", "graphql-ws") }, 400, `"longsplice"`, nil},
		"nearly the same":     {func(r *http.Request) { r.Header.Set("Sec-WebSocket-Protocol", "Longsplice, longsplice2") }, 400, `"longsplice"`, nil},
		"another origin":      {func(r *http.Request) { r.Header.Set("Origin", "https://evil.example") }, 403, "origin", nil},
		"no way to hijack":    {func(*http.Request) {}, 500, "Hijacker", nil},
	} {
		t.Run(name, func(t *testing.T) {
			ln := wsconn.NewListener(nil)
			defer ln.Close()
			go func() { _, _ = ln.Accept() }()
			for how, ask := range map[string]func(w http.ResponseWriter, r *http.Request){
				"Listener": ln.ServeHTTP,
				"Upgrade": func(w http.ResponseWriter, r *http.Request) {
					c, err := wsconn.Upgrade(w, r, nil)
					require.Error(t, err)
					require.Nil(t, c)
				},
			} {
				r, w := upgradeRequest(), httptest.NewRecorder()
				c.spoil(r)
				ask(w, r)
				require.Equal(t, c.status, w.Code, how)
				require.Contains(t, w.Body.String(), c.text, how)
				for key, want := range c.header {
					require.Equal(t, want, w.Header()[key], how)
				}
			}
		})
	}
}

// Admit has the last word before the upgrade, and hands over what it found.
func TestAdmit(t *testing.T) {
	cfg := &wsconn.Config{Admit: func(r *http.Request) (any, error) {
		cookie, err := r.Cookie("user")
		if err != nil {
			return nil, fmt.Errorf("secret: %w", err)
		}
		if cookie.Value == "eve" {
			return nil, fmt.Errorf("eve: %w", &wsconn.StatusError{Code: http.StatusUnauthorized, Text: "log in again"})
		}
		return cookie.Value, nil
	}}
	for cookie, want := range map[string]string{"": "403 not admitted\n", "user=eve": "401 log in again\n"} {
		r, w := upgradeRequest(), httptest.NewRecorder()
		r.Header.Set("Cookie", cookie)
		wsconn.NewListener(cfg).ServeHTTP(w, r)
		require.Equal(t, want, fmt.Sprint(w.Code, " ", w.Body))
	}
	client, server := pair(t, false, cfg, wsconn.Dialer{Header: http.Header{"Cookie": {"user=alice"}}})
	require.Equal(t, "alice", server.Value())
	require.Nil(t, client.Value())

	// What is refused anyway is not shown to it.
	r, w := upgradeRequest(), httptest.NewRecorder()
	r.Header.Set("Origin", "https://evil.example")
	_, err := wsconn.Upgrade(w, r, &wsconn.Config{Admit: func(*http.Request) (any, error) { panic("asked") }})
	require.Error(t, err)
}

// shake performs the client's handshake by hand, and returns what the server
// has answered and the stream behind it.
func shake(t *testing.T, address string, r *http.Request) (*http.Response, net.Conn, *bufio.Reader) {
	sock, err := net.Dial("tcp", address)
	require.NoError(t, err)
	t.Cleanup(func() { _ = sock.Close() })
	require.NoError(t, r.Write(sock))
	br := bufio.NewReader(sock)
	resp, err := http.ReadResponse(br, r)
	require.NoError(t, err)
	return resp, sock, br
}

// The answer to a browser: the key of RFC 6455, section 1.3, the subprotocol,
// headers that the application has set, and no extension.
func TestUpgradeAnswer(t *testing.T) {
	conns := make(chan *wsconn.Conn, 1)
	e := serve(t, false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Set-Cookie", "a=b")
		c, err := wsconn.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
		}
		conns <- c
	}))
	r := upgradeRequest()
	r.Header.Set("Origin", e.URL)
	r.Host = e.Listener.Addr().String()
	resp, sock, br := shake(t, e.Listener.Addr().String(), r)
	require.Equal(t, 101, resp.StatusCode)
	require.Equal(t, http.Header{
		"Connection":             {"Upgrade"},
		"Upgrade":                {"websocket"},
		"Sec-Websocket-Accept":   {"s3pPLMBiTxaQ9kYGzzhZRbK+xOo="},
		"Sec-Websocket-Protocol": {"longsplice"},
		"Set-Cookie":             {"a=b"},
	}, resp.Header)
	c := <-conns
	defer c.Close()
	require.Equal(t, sock.LocalAddr().String(), c.RemoteAddr().String(), "and not what X-Forwarded-For says")

	// A message whose first reserved bit says that it is compressed is refused:
	// nothing is ever inflated.
	_, err := sock.Write(frame(fin|0x40|binaryOp, "\x00\x00\xff\xff"))
	require.NoError(t, err)
	var broke *wsconn.CloseError
	_, err = c.Read(make([]byte, 100))
	require.ErrorAs(t, err, &broke)
	require.Equal(t, 1002, broke.Code)
	require.NoError(t, c.Close())
	answer, err := io.ReadAll(br)
	require.NoError(t, err)
	require.Equal(t, 1002, closeCode(t, answer))
}

// What a client sends before it has the answer is not lost.
func TestFramesBehindTheRequest(t *testing.T) {
	got := make(chan string, 1)
	e := serve(t, false, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		c, err := wsconn.Upgrade(w, r, nil)
		if err != nil {
			t.Error(err)
			return
		}
		defer c.Close()
		p := make([]byte, 12)
		if _, err := io.ReadFull(c, p); err != nil {
			t.Error(err)
		}
		got <- string(p)
	}))
	sock, err := net.Dial("tcp", e.Listener.Addr().String())
	require.NoError(t, err)
	defer sock.Close()
	var request strings.Builder
	require.NoError(t, upgradeRequest().Write(&request))
	_, err = sock.Write(join([]byte(request.String()), frame(fin|binaryOp, "early"), frame(binaryOp, " message")[:8]))
	require.NoError(t, err)
	_, err = sock.Write(frame(binaryOp, " message")[8:])
	require.NoError(t, err)
	require.Equal(t, "early messag", <-got)
}

// The settings of the http.Server that the documentation asks for hold before
// the upgrade: a header that trickles in, or has no end, is cut off, and so is who
// stays after a refusal.
func TestHeaderLimits(t *testing.T) {
	ln := wsconn.NewListener(nil)
	defer ln.Close()
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	web := &http.Server{Handler: ln, ReadHeaderTimeout: 100 * time.Millisecond, ReadTimeout: 200 * time.Millisecond, MaxHeaderBytes: 4 << 10}
	go func() { _ = web.Serve(tcp) }()
	defer web.Close()

	for name, said := range map[string]string{
		"silence":             "",
		"a header":            "GET / HTTP/1.1\r\nHost: x\r\n",
		"nothing behind it":   "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
		"a body that is owed": "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n",
		"a body without end":  "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n",
	} {
		t.Run(name, func(t *testing.T) {
			slow, err := net.Dial("tcp", tcp.Addr().String())
			require.NoError(t, err)
			defer slow.Close()
			_, err = slow.Write([]byte(said))
			require.NoError(t, err)
			require.NoError(t, slow.SetReadDeadline(time.Now().Add(30*time.Second)))
			_, err = io.Copy(io.Discard, slow) // until the server has had enough
			require.NotErrorIs(t, err, os.ErrDeadlineExceeded)
		})
	}
	for size, status := range map[int]int{7 << 10: http.StatusUpgradeRequired, 9 << 10: http.StatusRequestHeaderFieldsTooLarge} {
		r := upgradeRequest()
		r.Header.Set("X-Long", long[:size])
		r.Header.Set("Sec-WebSocket-Version", "8") // so that nobody has to accept
		resp, _, _ := shake(t, tcp.Addr().String(), r)
		require.Equal(t, status, resp.StatusCode)
	}
}
