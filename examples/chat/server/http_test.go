package main

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

func get(t *testing.T, url string) (*http.Response, string) {
	t.Helper()
	resp, err := http.Get(url)
	require.NoError(t, err)
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	require.NoError(t, err)
	return resp, string(body)
}

func TestThePageIsServedSafely(t *testing.T) {
	s := startServer(t)
	base := "http://" + s.addrs["http"].String()
	for path, kind := range map[string]string{"/": "text/html", "/longsplice.js": "text/javascript", "/chat.js": "text/javascript"} {
		resp, body := get(t, base+path)
		require.Equal(t, http.StatusOK, resp.StatusCode, path)
		require.Contains(t, resp.Header.Get("Content-Type"), kind)
		require.NotEmpty(t, body)
		policy := resp.Header.Get("Content-Security-Policy")
		require.Contains(t, policy, "default-src 'none'")
		require.Contains(t, policy, "frame-ancestors 'none'")
		require.NotContains(t, policy, "unsafe")
		require.Equal(t, "nosniff", resp.Header.Get("X-Content-Type-Options"))
		require.Equal(t, "no-referrer", resp.Header.Get("Referrer-Policy"))
		if kind == "text/html" {
			require.NotContains(t, body, "<script>", "a script in the page would not run")
			require.NotContains(t, body, "style=\"")
		}
	}
	resp, _ := get(t, base+"/metrics")
	require.Equal(t, http.StatusNotFound, resp.StatusCode, "not for everybody")
	resp, _ = get(t, base+"/debug/pprof/")
	require.Equal(t, http.StatusNotFound, resp.StatusCode)
	resp, _ = get(t, base+"/chat")
	require.Equal(t, http.StatusUpgradeRequired, resp.StatusCode)
	resp, err := http.Post(base+"/", "text/plain", strings.NewReader("x"))
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusMethodNotAllowed, resp.StatusCode)
}

func TestHeadersAreLimited(t *testing.T) {
	s := startServer(t)
	nc, err := net.Dial("tcp", s.addrs["http"].String())
	require.NoError(t, err)
	defer nc.Close()
	require.NoError(t, nc.SetDeadline(time.Now().Add(30*time.Second)))
	_, err = fmt.Fprintf(nc, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: %s\r\n\r\n", strings.Repeat("x", 8<<10))
	require.NoError(t, err)
	answer, _ := io.ReadAll(nc)
	require.Contains(t, string(answer), "431")
}

func TestAForeignPageCannotConnect(t *testing.T) {
	s := startServer(t)
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, "http://"+s.addrs["http"].String()+"/chat", nil)
	require.NoError(t, err)
	for key, value := range map[string]string{
		"Origin": "https://evil.example", "Connection": "Upgrade", "Upgrade": "websocket", "Sec-WebSocket-Version": "13",
		"Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==", "Sec-WebSocket-Protocol": "longsplice",
	} {
		req.Header.Set(key, value)
	}
	resp, err := http.DefaultClient.Do(req)
	require.NoError(t, err)
	require.NoError(t, resp.Body.Close())
	require.Equal(t, http.StatusForbidden, resp.StatusCode)
}

func TestMetricsCount(t *testing.T) {
	s := startServer(t)
	ann, bob := dial(t, s.target("tcp"), "ann"), dial(t, s.target("ws"), "bob")
	ann.join("lobby")
	bob.join("lobby")
	ann.say("lobby", "x")
	bob.expect(protocol.Line)
	ann.expect(protocol.Line)
	ann.say("nowhere", "x")
	ann.expectFailed(protocol.NotThere)
	refused(t, s, "ann", "")
	admin := "http://" + s.addrs["admin"].String()
	_, text := get(t, admin+"/metrics")
	for _, line := range []string{
		"chat_sessions 2", "chat_links 2", "chat_links_total 2", "chat_refused_links_total 1", "chat_rooms 1", "chat_members 2",
		`chat_failures_total{code="not there"} 1`, "chat_gaps_total 0", "chat_commit_errors_total 0",
	} {
		require.Contains(t, text, "\n"+line+"\n")
	}
	for _, name := range []string{
		"chat_published_total", "chat_delivered_total", "chat_busy_total", "chat_memory_bytes", "chat_store_bytes",
		"chat_commit_seconds_count", "go_goroutines",
	} {
		require.Contains(t, text, "\n"+name+" ")
	}
	resp, _ := get(t, admin+"/debug/pprof/")
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.NoError(t, ann.Shutdown(t.Context(), conn.CodeNormal, ""))
	require.Eventually(t, func() bool { _, text := get(t, admin+"/metrics"); return strings.Contains(text, "\nchat_sessions 1\n") },
		30*time.Second, 10*time.Millisecond)
}

func TestHealthSaysDraining(t *testing.T) {
	s := startServer(t)
	url := "http://" + s.addrs["http"].String() + "/healthz"
	resp, body := get(t, url)
	require.Equal(t, http.StatusOK, resp.StatusCode)
	require.Equal(t, "ok\nsessions 0\n", body)
	s.draining.Store(true)
	resp, body = get(t, url)
	require.Equal(t, http.StatusServiceUnavailable, resp.StatusCode)
	require.Equal(t, "draining\n", body)
}
