package browser_test

import (
	"bytes"
	"net"
	"net/http"
	"os"
	"os/exec"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// A server is the chat's, as a process, with a proxy between it and browsers.
type server struct {
	t     *testing.T
	tcp   string // where clients of other kinds connect
	http  string
	proxy *faultproxy.Proxy
	cmd   *exec.Cmd
	args  []string
	env   []string
	log   logged
}

func serve(t *testing.T, args ...string) *server {
	t.Helper()
	need(t)
	data, err := os.MkdirTemp("", "chat-data")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(data) })
	s := &server{t: t, tcp: free(t), http: free(t), args: args}
	s.env = append(os.Environ(), "CHAT_DATA="+data, "CHAT_ADMIN=127.0.0.1:0", "CHAT_RATE=100000", "CHAT_BURST=100000")
	s.proxy, err = faultproxy.Listen(s.http, nil)
	require.NoError(t, err)
	t.Cleanup(func() { s.proxy.Close() })
	s.start()
	t.Cleanup(s.kill)
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("the server says:\n%s", s.log.String())
		}
	})
	return s
}

// url is the page's.
func (s *server) url() string { return "http://" + s.proxy.Addr().String() + "/" }

// start runs the server, and waits until it serves.
func (s *server) start() {
	s.t.Helper()
	s.cmd = exec.Command(program, append([]string{"-tcp", s.tcp, "-http", s.http}, s.args...)...)
	s.cmd.Stdout, s.cmd.Stderr = &s.log, &s.log
	s.cmd.Env = s.env
	require.NoError(s.t, s.cmd.Start())
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	require.Eventually(s.t, func() bool {
		res, err := client.Get("http://" + s.http + "/")
		if err != nil {
			return false
		}
		res.Body.Close()
		return res.StatusCode == http.StatusOK
	}, patience, 20*time.Millisecond, "the server does not come up")
}

// kill ends the server without a goodbye.
func (s *server) kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// stop ends the server in good order.
func (s *server) stop() {
	require.NoError(s.t, s.cmd.Process.Signal(os.Interrupt))
	_ = s.cmd.Wait()
	s.cmd = nil
}

// free is an address that nobody listens on.
func free(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	return ln.Addr().String()
}

type logged struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}
