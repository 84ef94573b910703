package main

import (
	"encoding/json"
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

func decode(t *testing.T, b *conn.Batch) (m protocol.Message) {
	t.Helper()
	require.Equal(t, 1, b.Messages())
	for line := range b.All() {
		require.LessOrEqual(t, len(line), maxMessage)
		require.NoError(t, json.Unmarshal(line, &m))
	}
	return m
}

// A list of names that does not fit is cut. How many there are stays true.
func TestManyUsersAreCounted(t *testing.T) {
	users := make([]string, 2000)
	for i := range users {
		users[i] = fmt.Sprintf("somebody-%04d", i)
	}
	who := decode(t, encode(protocol.Message{Op: protocol.Who, Room: "lobby", Users: users, Count: len(users)}))
	require.Equal(t, 2000, who.Count)
	require.NotEmpty(t, who.Users)
	require.Less(t, len(who.Users), 2000)
	for _, kind := range []hub.NoticeKind{hub.Joined, hub.Gap} {
		m := decode(t, notice(hub.Notice{Kind: kind, Room: "lobby", Users: users, Count: 2000}))
		require.Equal(t, 2000, m.Count)
		require.Equal(t, who.Users, m.Users)
		m = decode(t, notice(hub.Notice{Kind: kind, Room: "lobby", Count: 5000}))
		require.Equal(t, 5000, m.Count)
		require.Empty(t, m.Users, "too many to be named")
	}
}

func TestWhoCounts(t *testing.T) {
	s := startServer(t)
	ann, bob := dial(t, s.target("tcp"), "ann"), dial(t, s.target("tcp"), "bob")
	require.Equal(t, 1, ann.join("lobby").Count)
	require.Equal(t, 2, bob.join("lobby").Count)
	bob.send(protocol.Message{Op: protocol.Who, Room: "lobby"})
	require.Equal(t, 2, bob.expect(protocol.Who).Count)
}
