package chat

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/examples/chat/protocol"
)

func TestCommands(t *testing.T) {
	for line, want := range map[string]protocol.Message{
		"/join games":     {Op: protocol.Join, Room: "games"},
		"/join #games":    {Op: protocol.Join, Room: "games"},
		"/leave":          {Op: protocol.Leave, Room: "lobby"},
		"/rooms":          {Op: protocol.Rooms},
		"/who":            {Op: protocol.Who, Room: "lobby"},
		"/who games":      {Op: protocol.Who, Room: "games"},
		"/msg bob hi you": {Op: protocol.Tell, To: "bob", Text: "hi you", ID: "x-1"},
		"/me waves":       {Op: protocol.Say, Room: "lobby", Text: "waves", Action: true, ID: "x-1"},
		"/nick anna":      {Op: protocol.Nick, Name: "anna"},
		"/nick anna tok":  {Op: protocol.Nick, Name: "anna", Token: "tok"},
		"/history 7":      {Op: protocol.History, Room: "lobby", Before: 10, Last: 7},
		"//not a command": {Op: protocol.Say, Room: "lobby", Text: "/not a command", ID: "x-1"},
		"  spaces  ":      {Op: protocol.Say, Room: "lobby", Text: "spaces", ID: "x-1"},
	} {
		t.Run(line, func(t *testing.T) {
			require.Equal(t, []protocol.Message{want}, joined(t, Config{}).says(line))
		})
	}
}

func TestCommandsThatNeedMore(t *testing.T) {
	for _, line := range []string{"/join", "/msg", "/me", "/history x", "/bogus", "/leave nowhere", "/nick"} {
		r := joined(t, Config{})
		require.Empty(t, r.says(line), line)
		require.Len(t, r.room("lobby").Items, 1, line)
		require.True(t, r.Idle(), line)
	}
}

func TestIdleWaitsForAnswers(t *testing.T) {
	for line, answer := range map[string]protocol.Message{
		"/who":       {Op: protocol.Who, Room: "lobby", Users: []string{"ann"}},
		"/rooms":     {Op: protocol.Rooms, Rooms: []protocol.Room{{Name: "lobby", Users: 1}}},
		"/join x":    {Op: protocol.Joined, Room: "x", Next: at(1)},
		"/nick anna": {Op: protocol.Welcome, Name: "anna"},
		"/nick bob":  {Op: protocol.Failed, Code: protocol.BadName, Text: "taken"},
		"/history":   {Op: protocol.History, Room: "lobby"},
		"/leave":     {Op: protocol.Left, Room: "lobby"},
		"hello":      {Op: protocol.Line, Room: "lobby", Name: "ann", Text: "hello", ID: "x-1"},
	} {
		r := joined(t, Config{Script: true})
		require.True(t, r.Idle(), line)
		r.says(line)
		require.False(t, r.Idle(), line)
		r.gets(answer)
		require.True(t, r.Idle(), line)
	}
}

func TestNewNameMeansANewMailbox(t *testing.T) {
	r := joined(t, Config{})
	r.says("/nick anna")
	actions := r.gets(protocol.Message{Op: protocol.Welcome, Name: "anna", Token: "tok"})
	require.Contains(t, actions, Action(Keep{"anna", "tok"}))
	require.Equal(t, []protocol.Message{{Op: protocol.Join, Room: "user:anna"}}, sends(actions))
	require.Equal(t, "anna", r.Name())
}

func TestConversations(t *testing.T) {
	r := joined(t, Config{})
	tell := func(name, to, text, id string) {
		r.gets(protocol.Message{Op: protocol.Line, Room: "user:ann", Name: name, To: to, Text: text, ID: id})
	}
	r.says("/msg Bob hello")
	tell("ann", "bob", "hello", "x-1")
	tell("bob", "ann", "hi", "")
	tell("carl", "ann", "psst", "")
	require.Equal(t, []string{"ann: hello", "bob: hi"}, r.shown("@bob"), "names are alike whatever their case")
	require.Equal(t, []string{"carl: psst"}, r.shown("@carl"))
	require.Equal(t, 1, r.room("@carl").Unread)
	require.True(t, r.room("@carl").Mention)
}

func TestUnreadAndMentions(t *testing.T) {
	r := newRig(t, Config{Rooms: []string{"lobby", "games"}})
	r.begin()
	say := func(text string) {
		r.gets(protocol.Message{Op: protocol.Line, Room: "games", Name: "bob", Text: text})
	}
	say("Annette is not meant")
	require.False(t, r.room("games").Mention)
	say("but ANN: is")
	require.Equal(t, 2, r.room("games").Unread)
	require.True(t, r.room("games").Mention)
	r.Step(1)
	require.Zero(t, r.room("games").Unread)
	r.Step(1)
	require.Equal(t, "lobby", r.Current().Name)
}

func TestRoomTakesTheServersSpelling(t *testing.T) {
	r := newRig(t, Config{Rooms: []string{"LOBBY"}})
	r.begin()
	r.gets(protocol.Message{Op: protocol.Joined, Room: "lobby", Next: at(1)})
	require.Len(t, r.Rooms(), 1)
	require.Equal(t, "lobby", r.Current().Name)
}

func TestComplete(t *testing.T) {
	r := joined(t, Config{})
	r.says("/msg bert x")
	for before, want := range map[string][]string{
		"/wh":       {"/who "},
		"/h":        {"/help ", "/history "},
		"b":         {"bert: ", "bob: "},
		"hello B":   {"bert ", "bob "},
		"/msg bo":   {"bob "},
		"/join lo":  {"lobby "},
		"look at #": {"#lobby "},
		"zz":        nil,
	} {
		_, words := r.Complete(before)
		require.Equal(t, want, words, before)
	}
	from, _ := r.Complete("hello b")
	require.Equal(t, 6, from)
}
