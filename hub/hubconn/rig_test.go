package hubconn_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubconn"
	"github.com/longsplice/longsplice/reconnect"
)

// A house is a hub behind a server on a network in memory. Its sessions join the
// room "r".
type house struct {
	*testing.T
	net  *conntest.Network
	hub  *hub.Hub[*conn.Batch]
	srv  *conn.Server
	subs chan *hub.Sub[*conn.Batch]
}

func newHouse(t *testing.T, room hub.Room, cfg conn.Config, buffer int) *house {
	hcfg := hubconn.Config()
	hcfg.Rooms = room
	hcfg.Notice = func(n hub.Notice) *conn.Batch {
		b, err := conn.Encode(fmt.Appendf(nil, "notice %d %d-%d", n.Kind, n.From.Offset, n.Next.Offset))
		require.NoError(t, err)
		return b
	}
	h := &house{T: t, net: conntest.New(&conntest.Config{Buffer: buffer}), hub: hub.New(hcfg)}
	h.subs = make(chan *hub.Sub[*conn.Batch], 20_000)
	cfg.MinPing = -1
	h.srv = conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		sub, err := h.hub.Join(ctx, "r", hubconn.Member(c))
		if err != nil {
			return err
		}
		defer sub.Leave()
		h.subs <- sub
		for _, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
		}
		return nil
	}), &cfg)
	ln, err := h.net.Listen("server")
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- h.srv.Serve(ctx, ln) }()
	t.Cleanup(func() {
		cancel()
		<-served
		require.NoError(t, h.hub.Close())
		_ = h.srv.Close()
		_ = h.net.Close()
	})
	return h
}

// dial begins a session, and returns it with its membership.
func (h *house) dial(cfg conn.Config) (*conn.Conn, *hub.Sub[*conn.Batch]) {
	cfg.Dialers = map[string]conn.DialFunc{"mem": h.net.Dial}
	cfg.Retry = reconnect.Policy{InitialDelay: time.Millisecond, MaxDelay: 2 * time.Millisecond}
	c, err := conn.Dial(context.Background(), "mem://server", &cfg)
	require.NoError(h, err)
	h.Cleanup(func() { _ = c.Close() })
	return c, <-h.subs
}

func (h *house) publish(msgs ...string) {
	for _, msg := range msgs {
		b, err := conn.Encode([]byte(msg))
		require.NoError(h, err)
		_, err = h.hub.Publish(h.Context(), "r", b)
		require.NoError(h, err)
	}
}

// expect receives messages in their order.
func (h *house) expect(c *conn.Conn, want ...string) {
	h.Helper()
	for _, w := range want {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		msg, err := c.Receive(ctx)
		cancel()
		require.NoError(h, err)
		require.Equal(h, w, string(msg))
	}
}
