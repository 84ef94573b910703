package main

import (
	"crypto/tls"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/examples/chat/protocol"
)

func trusting() *tls.Config { return &tls.Config{InsecureSkipVerify: true} }

func TestTwoTalkOverEveryTransport(t *testing.T) {
	s := startServer(t)
	for _, transport := range []string{"tcp", "tls", "ws"} {
		t.Run(transport, func(t *testing.T) {
			ann, bob := dial(t, s.target(transport), "ann-"+transport), dial(t, s.target(transport), "bob-"+transport)
			room := "room-" + transport
			require.Equal(t, []string{"ann-" + transport}, ann.join(room).Users)
			require.Equal(t, []string{"ann-" + transport, "bob-" + transport}, bob.join(room).Users)
			require.Equal(t, "bob-"+transport, ann.expect(protocol.Present).Name)
			ann.send(protocol.Message{Op: protocol.Say, Room: room, Text: "hello", ID: "7", Action: true})
			for _, c := range []*client{ann, bob} {
				line := c.expect(protocol.Line)
				require.NotZero(t, line.At)
				line.At = 0
				require.Equal(t, protocol.Message{
					Op: protocol.Line, Room: room, Name: "ann-" + transport, Text: "hello", ID: "7", Action: true,
				}, line)
			}
			bob.send(protocol.Message{Op: protocol.Leave, Room: room})
			require.Equal(t, room, bob.expect(protocol.Left).Room)
			bob.say(room, "anybody?")
			bob.expectFailed(protocol.NotThere)
		})
	}
}
