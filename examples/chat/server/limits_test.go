package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

func TestTheRateIsAUsersOverAllConnections(t *testing.T) {
	s := startServer(t, "-rate", "0.001", "-burst", "10")
	ann := dial(t, s.target("tcp"), "ann")
	ann.join("lobby") // 1
	for range 5 {     // 6
		ann.say("lobby", "x")
		ann.expect(protocol.Line)
	}
	require.NoError(t, ann.Shutdown(t.Context(), conn.CodeNormal, ""))
	second := ann.login.dial(t, s.target("ws")) // coming back makes nobody faster
	second.join("lobby")                        // 7
	for i := range 3 {                          // 10
		second.say("lobby", fmt.Sprint(i))
		second.expect(protocol.Line)
	}
	second.send(protocol.Message{Op: protocol.Say, Room: "lobby", Text: "x", ID: "mine"})
	require.Equal(t, "mine", second.expectFailed(protocol.TooFast).ID)
	bob := dial(t, s.target("tcp"), "bob")
	bob.join("lobby")
	bob.say("lobby", "others are not concerned")
	bob.expect(protocol.Line)
}

func TestRoomsOfOneUserAreLimited(t *testing.T) {
	s := startServer(t, "-max-rooms", "2")
	ann := dial(t, s.target("tcp"), "ann")
	ann.join("one")
	second := ann.login.dial(t, s.target("tcp"))
	second.join("two")
	second.send(protocol.Message{Op: protocol.Join, Room: "three"})
	second.expectFailed(protocol.TooMany)
	second.join("two") // that is none more
	ann.send(protocol.Message{Op: protocol.Leave, Room: "one"})
	ann.expect(protocol.Left)
	second.join("three")
}

func TestConnectionsOfOneUserAreLimited(t *testing.T) {
	s := startServer(t, "-max-connections", "2")
	ann := dial(t, s.target("tcp"), "ann")
	ann.join("lobby")
	ann.login.dial(t, s.target("tcp")).join("lobby")
	c, err := conn.Dial(t.Context(), s.target("tcp"), ann.login.config())
	require.NoError(t, err)
	defer c.Close()
	_, err = c.Receive(t.Context())
	var closed *conn.CloseError
	require.ErrorAs(t, err, &closed)
	require.Equal(t, codeTooMany, closed.Code)
}

// TestASlowReaderDelaysNobody: one takes nothing at all, while the others talk
// more than is kept for it.
func TestASlowReaderDelaysNobody(t *testing.T) {
	s := startServer(t, "-send-buffer", "20000", "-memory-lines", "20")
	ann, bob := dial(t, s.target("tcp"), "ann"), dial(t, s.target("tcp"), "bob")
	l := &login{show: protocol.Login{Name: "slow"}}
	cfg := l.config()
	cfg.Window = 16 << 10
	c, err := conn.Dial(t.Context(), s.target("tcp"), cfg)
	require.NoError(t, err)
	defer c.Close()
	slow := &client{c, t, l}
	slow.expect(protocol.Welcome)
	pos := *slow.join("lobby").Next
	ann.join("lobby")
	bob.join("lobby")
	const lines = 200
	text := strings.Repeat("x", 1000)
	for i := range lines {
		ann.say("lobby", fmt.Sprint(i, " ", text))
		require.Equal(t, fmt.Sprint(i, " ", text), bob.expect(protocol.Line).Text)
		ann.expect(protocol.Line)
	}
	gaps := 0
	for pos.Offset <= lines { // slow wakes up
		switch m := slow.next(); m.Op {
		case protocol.Line:
			require.Equal(t, fmt.Sprint(pos.Offset-1, " ", text), m.Text)
			pos.Offset++
		case protocol.Gap:
			gaps++
			require.Equal(t, pos, *m.From)
			pos = *m.Next
		}
	}
	require.Positive(t, gaps)
}
