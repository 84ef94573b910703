package chat

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// Of a large room the server names a part, and says how many there are.
func TestMoreAreHereThanNamed(t *testing.T) {
	r := joined(t, Config{})
	lobby := r.room("lobby")
	require.Equal(t, 2, lobby.Count)
	r.gets(protocol.Message{Op: protocol.Gap, Room: "lobby", From: at(10), Next: at(10), Count: 5000})
	require.Empty(t, lobby.Users)
	require.Equal(t, 5000, lobby.Count)

	r.gets(protocol.Message{Op: protocol.Who, Room: "lobby", Users: []string{"bob", "ann"}, Count: 5000})
	require.Equal(t, []string{"ann", "bob"}, lobby.Users)
	require.Contains(t, r.shown("lobby"), "- in #lobby: ann, bob and 4998 more")

	for _, step := range []struct {
		op   protocol.Op
		name string
		want int
	}{
		{protocol.Present, "bob", 5000}, // is no news
		{protocol.Present, "carl", 5001},
		{protocol.Absent, "carl", 5000},
		{protocol.Absent, "one of many", 4999},
	} {
		r.gets(protocol.Message{Op: step.op, Room: "lobby", Name: step.name})
		require.Equal(t, step.want, lobby.Count, "%s %s", step.op, step.name)
	}

	r.gets(protocol.Message{Op: protocol.Joined, Room: "lobby", Next: at(10), Users: []string{"ann", "bob"}, Count: -1})
	require.Equal(t, 2, lobby.Count, "no fewer than are named")
	r.gets(protocol.Message{Op: protocol.Absent, Room: "lobby", Name: "eve"})
	require.Equal(t, 2, lobby.Count, "who is not here does not go")
}
