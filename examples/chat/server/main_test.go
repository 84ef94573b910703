package main

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
	"github.com/longsplice/longsplice/examples/chat/internal/claims"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// TestMain also is the server itself, for the tests that kill it.
func TestMain(m *testing.M) {
	if os.Getenv(asServer) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(m)
}

const asServer = "LONGSPLICE_TEST_CHAT_SERVER"

// testSettings are for a server on free ports that is not slowed down by limits.
func testSettings(t *testing.T, args ...string) *settings {
	t.Helper()
	args = append([]string{
		"-data", t.TempDir(), "-tcp", "127.0.0.1:0", "-tls", "127.0.0.1:0", "-http", "127.0.0.1:0", "-admin", "127.0.0.1:0",
		"-tls-self-signed", "-rate", "1e6", "-burst", "1000000",
	}, args...)
	cfg, _, err := load(args, func(string) string { return "" }, os.Stderr)
	require.NoError(t, err)
	return cfg
}

func startServer(t *testing.T, args ...string) *server {
	t.Helper()
	s, err := start(testSettings(t, args...), slog.New(slog.DiscardHandler))
	require.NoError(t, err)
	t.Cleanup(func() {
		ctx, cancel := context.WithCancel(context.Background())
		cancel() // the tests are done: nobody is waited for
		_ = s.stop(ctx)
	})
	return s
}

func (s *server) target(transport string) string {
	switch transport {
	case "tls":
		return "tls://" + s.addrs["tls"].String()
	case "ws":
		return "ws://" + s.addrs["http"].String() + "/chat"
	}
	return "tcp://" + s.addrs["tcp"].String()
}

// A login is what a client knows of itself between sessions.
type login struct {
	mu   sync.Mutex
	show protocol.Login
}

func (l *login) credential(context.Context) ([]byte, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return json.Marshal(l.show)
}

func (l *login) welcomed(m protocol.Message) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.show = protocol.Login{Name: m.Name, Token: m.Token}
}

func (l *login) token() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.show.Token
}

func (l *login) config() *conn.Config {
	return &conn.Config{
		Credential: l.credential, MaxMessage: maxMessage, TLS: trusting(), Dialers: wsconn.Dialers(nil),
	}
}

// A client is a user's end of a connection, which a test reads step by step.
type client struct {
	*conn.Conn
	t     *testing.T
	login *login
}

// dial logs in, and fails the test if that fails.
func dial(t *testing.T, target, name string) *client {
	t.Helper()
	return (&login{show: protocol.Login{Name: name}}).dial(t, target)
}

func (l *login) dial(t *testing.T, target string) *client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	c, err := conn.Dial(ctx, target, l.config())
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	cl := &client{c, t, l}
	l.welcomed(cl.expect(protocol.Welcome))
	return cl
}

func (c *client) send(m protocol.Message) {
	c.t.Helper()
	b, err := json.Marshal(m)
	require.NoError(c.t, err)
	require.NoError(c.t, c.Send(c.t.Context(), b))
}

// next is the next message.
func (c *client) next() (m protocol.Message) {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 10*time.Second)
	defer cancel()
	b, err := c.Receive(ctx)
	require.NoError(c.t, err)
	require.NoError(c.t, json.NewDecoder(bytes.NewReader(b)).Decode(&m))
	return m
}

// expect passes over messages until there is one of an operation.
func (c *client) expect(op protocol.Op) protocol.Message {
	c.t.Helper()
	for {
		m := c.next()
		if m.Op == op {
			return m
		}
		require.NotEqual(c.t, protocol.Failed, m.Op, "%s: %s", m.Code, m.Text)
	}
}

// expectFailed expects to be told of a failure.
func (c *client) expectFailed(code protocol.Code) protocol.Message {
	c.t.Helper()
	m := c.expect(protocol.Failed)
	require.Equal(c.t, code, m.Code, m.Text)
	return m
}

func (c *client) join(room string) protocol.Message {
	c.t.Helper()
	c.send(protocol.Message{Op: protocol.Join, Room: room})
	return c.expect(protocol.Joined)
}

func (c *client) say(room, text string) {
	c.t.Helper()
	c.send(protocol.Message{Op: protocol.Say, Room: room, Text: text})
}

// claimOf is a claim as it comes about when somebody logs in for the first time.
func claimOf(name string) claims.Claim { return claims.Claim{Name: name, Owner: "owner of " + name} }
