package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

func TestRoomsHaveOneNameInAnySpelling(t *testing.T) {
	s := startServer(t)
	ann := dial(t, s.target("tcp"), "ann")
	require.Equal(t, "lobby", ann.join("Lobby").Room)
	ann.say("LOBBY", "x")
	require.Equal(t, "lobby", ann.expect(protocol.Line).Room)
	ann.join("user:ann")
	ann.send(protocol.Message{Op: protocol.Rooms})
	require.Equal(t, []protocol.Room{{Name: "lobby", Users: 1}}, ann.expect(protocol.Rooms).Rooms, "mailboxes are not shown")
	for _, name := range []string{"", "a b", "user:", "1", strings.Repeat("x", 5000)} {
		ann.send(protocol.Message{Op: protocol.Join, Room: name, ID: "i"})
		require.Equal(t, "i", ann.expectFailed(protocol.BadRequest).ID)
	}
}

func TestAMailboxIsItsOwnersAlone(t *testing.T) {
	s := startServer(t)
	ann, eve := dial(t, s.target("tcp"), "ann"), dial(t, s.target("tcp"), "eve")
	ann.join("user:ann")
	eve.join("lobby")
	for _, op := range []protocol.Op{
		protocol.Join, protocol.Say, protocol.History, protocol.Who, protocol.Leave, protocol.Typing,
	} {
		for _, room := range []string{"user:ann", "user:ANN"} {
			eve.send(protocol.Message{Op: op, Room: room, Text: "x", Last: 5})
			if op != protocol.Typing { // of which nothing is said
				eve.expectFailed(protocol.BadRequest)
			}
		}
	}
	ann.send(protocol.Message{Op: protocol.Who, Room: "user:ann"})
	require.Equal(t, []string{"ann"}, ann.expect(protocol.Who).Users)
}

func TestPrivateLinesWaitForTheirReader(t *testing.T) {
	s := startServer(t)
	bob := dial(t, s.target("tcp"), "Bob")
	bob.join("lobby")
	require.NoError(t, bob.Shutdown(t.Context(), conn.CodeNormal, ""))

	ann := dial(t, s.target("tcp"), "ann")
	ann.join("user:ann")
	for i := range 3 {
		ann.send(protocol.Message{Op: protocol.Tell, To: "bob", Text: fmt.Sprint("m", i), ID: "t"})
		line := ann.expect(protocol.Line)
		require.Equal(t, []string{"user:ann", "ann", "Bob", "t"}, []string{line.Room, line.Name, line.To, line.ID})
	}
	ann.send(protocol.Message{Op: protocol.Tell, To: "nobody", Text: "x"})
	ann.expectFailed(protocol.BadName)

	reader := bob.login.dial(t, s.target("ws"))
	next := *reader.join("user:bob").Next
	for i := range 3 {
		line := reader.expect(protocol.Line)
		require.Equal(t, []string{"user:Bob", "Bob", fmt.Sprint("m", i)}, []string{line.Room, line.To, line.Text})
	}
	reader.send(protocol.Message{Op: protocol.Seen, Next: &hub.Position{Epoch: next.Epoch, Offset: next.Offset + 2}})
	reader.send(protocol.Message{Op: protocol.Seen})
	reader.expectFailed(protocol.BadRequest)
	require.NoError(t, reader.Shutdown(t.Context(), conn.CodeNormal, ""))

	reader = bob.login.dial(t, s.target("tcp"))
	require.Equal(t, next.Offset+2, reader.join("user:bob").Next.Offset)
	require.Equal(t, "m2", reader.expect(protocol.Line).Text, "what has been seen does not come again")
	ann.send(protocol.Message{Op: protocol.Tell, To: "ann", Text: "note to self"})
	require.Equal(t, "note to self", ann.expect(protocol.Line).Text)
	ann.send(protocol.Message{Op: protocol.Rooms})
	require.Empty(t, ann.next().Lines, "once, not twice")
}

func TestHistory(t *testing.T) {
	s := startServer(t, "-memory-lines", "5")
	ann := dial(t, s.target("tcp"), "ann")
	ann.send(protocol.Message{Op: protocol.History, Room: "lobby"})
	ann.expectFailed(protocol.NotThere)
	start := *ann.join("lobby").Next
	for i := range 30 {
		ann.say("lobby", fmt.Sprint(i, strings.Repeat("\"", 1900)))
		ann.expect(protocol.Line)
	}
	page := func(before uint64, last int) (first uint64, lines []string) {
		ann.send(protocol.Message{Op: protocol.History, Room: "lobby", Before: before, Last: last})
		m := ann.expect(protocol.History)
		for _, line := range m.Lines {
			require.Equal(t, "ann", line.Name)
			require.NotZero(t, line.At)
			lines = append(lines, strings.TrimRight(line.Text, `"`))
		}
		return m.Before, lines
	}
	first, lines := page(11, 2)
	require.EqualValues(t, 9, first)
	require.Equal(t, []string{"8", "9"}, lines)
	var all []string
	for before := uint64(0); before != 1; { // in pages that fit
		var lines []string
		before, lines = page(before, 0)
		require.NotEmpty(t, lines)
		require.Less(t, len(lines), 30)
		all = append(lines, all...)
	}
	require.Len(t, all, 30)
	for i, line := range all {
		require.Equal(t, fmt.Sprint(i), line)
	}

	// Who has been away for longer than is in memory is told what is missing.
	ann.send(protocol.Message{Op: protocol.Join, Room: "lobby", From: &start})
	gap := ann.expect(protocol.Gap)
	require.Equal(t, start, *gap.From)
	require.Greater(t, gap.Next.Offset, start.Offset)
	for offset := gap.Next.Offset; offset <= 30; offset++ {
		require.Equal(t, fmt.Sprint(offset-1), strings.TrimRight(ann.expect(protocol.Line).Text, `"`))
	}
}

func TestTextsThatAreNot(t *testing.T) {
	s := startServer(t, "-max-text", "10")
	ann := dial(t, s.target("tcp"), "ann")
	ann.join("lobby")
	for _, m := range []protocol.Message{
		{Text: ""}, {Text: " \n\x07\u202e "}, {Text: "x", ID: strings.Repeat("i", 65)},
	} {
		m.Op, m.Room = protocol.Say, "lobby"
		ann.send(m)
		ann.expectFailed(protocol.BadRequest)
	}
	ann.say("lobby", "12345678901")
	ann.expectFailed(protocol.TooMany)
	ann.say("lobby", "a\u202eb\x1b[c")
	require.Equal(t, "ab[c", ann.expect(protocol.Line).Text)
	require.NoError(t, ann.Send(t.Context(), []byte(`{"op":`)))
	ann.expectFailed(protocol.BadRequest)
	require.NoError(t, ann.Send(t.Context(), []byte(`{"op":"newer","field":1}`))) // to be ignored
	require.NoError(t, ann.Send(t.Context(), []byte(`{"op":"rooms","newer":1}`)))
	ann.expect(protocol.Rooms)
}

func TestTypingIsShownToThoseWhoAreThere(t *testing.T) {
	s := startServer(t)
	ann, bob := dial(t, s.target("tcp"), "ann"), dial(t, s.target("tcp"), "bob")
	ann.join("lobby")
	bob.join("lobby")
	bob.send(protocol.Message{Op: protocol.Typing, Room: "lobby"})
	require.Equal(t, "bob", ann.expect(protocol.Typing).Name)
	late := dial(t, s.target("tcp"), "late")
	late.send(protocol.Message{Op: protocol.Join, Room: "lobby", Last: 10})
	bob.say("lobby", "x")
	for m := late.next(); m.Op != protocol.Line; m = late.next() {
		require.NotEqual(t, protocol.Typing, m.Op)
	}
}
