package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

func TestTwoTalk(t *testing.T) {
	ch := newChat(slog.New(slog.DiscardHandler))
	srv := conn.NewServer(ch, &conn.Config{Authenticate: ch.authenticate, MaxMessage: maxMessage})
	defer ch.hub.Close()
	defer srv.Close()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go srv.Serve(t.Context(), ln)
	dial := func(name string) *conn.Conn {
		cred, _ := json.Marshal(protocol.Login{Name: name})
		c, err := conn.Dial(t.Context(), "tcp://"+ln.Addr().String(), &conn.Config{
			Credential: func(context.Context) ([]byte, error) { return cred, nil },
		})
		require.NoError(t, err)
		t.Cleanup(func() { c.Close() })
		return c
	}
	send := func(c *conn.Conn, m protocol.Message) {
		b, _ := json.Marshal(m)
		require.NoError(t, c.Send(t.Context(), b))
	}
	expect := func(c *conn.Conn, op protocol.Op) (m protocol.Message) {
		for m.Op != op {
			b, err := c.Receive(t.Context())
			require.NoError(t, err)
			t.Logf("%s", b)
			m = protocol.Message{}
			require.NoError(t, json.Unmarshal(b, &m))
		}
		return m
	}
	ann, bob := dial("ann"), dial("bob")
	for _, c := range []*conn.Conn{ann, bob} {
		expect(c, protocol.Welcome)
		send(c, protocol.Message{Op: protocol.Join, Room: "Lobby"})
		expect(c, protocol.Joined)
	}
	send(ann, protocol.Message{Op: protocol.Say, Room: "lobby", Text: "hello", ID: "1"})
	require.Equal(t, "hello", expect(bob, protocol.Line).Text)
	send(bob, protocol.Message{Op: protocol.Join, Room: "user:bob", Last: 10})
	expect(bob, protocol.Joined)
	send(ann, protocol.Message{Op: protocol.Tell, To: "bob", Text: "psst"})
	require.Equal(t, "psst", expect(bob, protocol.Line).Text)
	send(ann, protocol.Message{Op: protocol.Join, Room: "user:bob"})
	require.Equal(t, protocol.BadRequest, expect(ann, protocol.Failed).Code)
	send(ann, protocol.Message{Op: protocol.Rooms})
	require.Equal(t, []protocol.Room{{Name: "lobby", Users: 2}}, expect(ann, protocol.Rooms).Rooms)
	send(ann, protocol.Message{Op: protocol.Leave, Room: "lobby"})
	expect(ann, protocol.Left)
}
