//go:build unix

package main

import (
	"context"
	"net"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/codec"
	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

// evil would change the title of the window and clear it, if it got through.
const evil = "\x1b]0;owned\a\x1b[2J\u009b2J\u202Eevil"

// hostileServer says evil things in every field.
func hostileServer(t *testing.T, cfg *conn.Config) (address string) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		typed := conn.Typed(c, codec.JSON[protocol.Message]())
		next := &hub.Position{Epoch: 1, Offset: 1}
		users, lines := []string{evil, "bob" + evil}, []protocol.Message{{Name: evil, Text: evil}}
		for _, m := range []protocol.Message{
			{Op: protocol.Welcome, Name: "ann" + evil, Token: evil, Text: evil},
			{Op: protocol.Joined, Room: "lobby", Next: next, Users: users},
			{Op: protocol.Line, Room: "lobby", Name: evil, To: evil, Text: evil, ID: evil},
			{Op: protocol.Line, Room: "user:" + evil, Name: evil, To: evil, Text: evil, Action: true},
			{Op: protocol.Joined, Room: evil, Next: next, Users: users},
			{Op: protocol.Left, Room: evil},
			{Op: protocol.Present, Room: "lobby", Name: evil + evil},
			{Op: protocol.Who, Room: evil, Users: users},
			{Op: protocol.Rooms, Rooms: []protocol.Room{{Name: evil}}},
			{Op: protocol.History, Room: "lobby", Lines: lines},
			{Op: protocol.Notice, Text: evil},
			{Op: protocol.Failed, Code: evil, Text: evil, Room: evil},
			{Op: protocol.Typing, Room: "lobby", Name: evil},
			{Op: protocol.Line, Room: "lobby", Name: "bob", Text: "the end"},
		} {
			if err := typed.Send(ctx, m); err != nil {
				return err
			}
		}
		if err := c.Send(ctx, []byte(evil)); err != nil { // no JSON at all
			return err
		}
		for m, err := range typed.Messages(ctx) {
			if err != nil || m.Text == "go" {
				return &conn.CloseError{Code: 1234, Reason: evil}
			}
		}
		return nil
	}), cfg)
	go srv.Serve(context.Background(), ln)
	t.Cleanup(func() { srv.Close() })
	return ln.Addr().String()
}

func TestHostileServerOnAScreen(t *testing.T) {
	ann := open(t, home(t), "-server", target(hostileServer(t, nil)), "-name", "ann")
	ann.shows(`bob  the end`)
	ann.types("go\r")
	require.Equal(t, statusRefused, ann.ends())
	ann.shows(`closed`)
	require.NotContains(t, ann.written(), "\x1b]0;")
	require.NotContains(t, ann.written(), "\u009b")
	require.NotContains(t, ann.written(), "\u202e")
	require.Contains(t, ann.written(), "]0;owned", "it was there to be shown")
}

func TestHostileServerInAScript(t *testing.T) {
	ann := startFilter(t, home(t), "-server", target(hostileServer(t, nil)), "-name", "ann")
	var out strings.Builder
	for line := range ann.lines {
		out.WriteString(line)
		if strings.HasSuffix(line, "#lobby bob: the end") {
			break
		}
	}
	ann.state.wait("not understood")
	ann.say("go")
	require.Equal(t, statusRefused, ann.status(), ann.state)
	for _, text := range []string{out.String(), strings.ReplaceAll(ann.state.String(), "\n", "")} {
		require.False(t, strings.ContainsFunc(text, func(r rune) bool { return unicode.In(r, unicode.Cc, unicode.Bidi_Control) }), "%q", text)
		require.Contains(t, text, "owned")
	}
}

func TestHostileRefusal(t *testing.T) {
	address := hostileServer(t, &conn.Config{Authenticate: func(context.Context, conn.Peer) (string, error) {
		return "", &conn.RefusedError{Code: conn.RefusedIdentity, Reason: evil}
	}})
	ann := startFilter(t, home(t), "-server", target(address), "-name", "ann")
	require.Equal(t, statusRefused, ann.end())
	require.Contains(t, ann.state.String(), "owned")
	require.NotContains(t, ann.state.String(), "\x1b")
}
