package chat

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
)

// rejoin loses the session and begins another one.
func (r *rig) rejoin() map[string]protocol.Message {
	r.Handle(&Ended{Why: "lost"}, r.now)
	joins := map[string]protocol.Message{}
	for _, msg := range r.begin() {
		joins[msg.Room] = msg
	}
	return joins
}

func TestFirstJoinAsksForTheLastLines(t *testing.T) {
	r := newRig(t, Config{Last: 50})
	require.Equal(t, []protocol.Message{
		{Op: protocol.Join, Room: "user:ann"},
		{Op: protocol.Join, Room: "lobby", Last: 50},
	}, r.begin())
}

func TestNewSessionGoesOnWhereTheOldOneWas(t *testing.T) {
	r := joined(t, Config{Last: 50})
	r.line("bob", "a", "")
	r.line("bob", "b", "")
	r.gets(protocol.Message{Op: protocol.Joined, Room: "user:ann", Next: at(5)})
	r.gets(protocol.Message{Op: protocol.Line, Room: "user:ann", Name: "bob", To: "ann", Text: "psst"})
	joins := r.rejoin()
	require.Equal(t, protocol.Message{Op: protocol.Join, Room: "lobby", From: at(12)}, joins["lobby"])
	require.Equal(t, protocol.Message{Op: protocol.Join, Room: "user:ann", From: at(6)}, joins["user:ann"])

	r.gets(protocol.Message{Op: protocol.Joined, Room: "lobby", Next: at(12)})
	r.line("bob", "c", "")
	require.Equal(t, []string{"bob: a", "bob: b", "- lost", "bob: c"}, r.shown("lobby"))
}

func TestGaps(t *testing.T) {
	for name, c := range map[string]struct {
		gap  protocol.Message
		want []string
		next hub.Position
	}{
		"of lines":      {protocol.Message{From: at(10), Next: at(22)}, []string{"-- 12 lines are missing"}, *at(22)},
		"of one line":   {protocol.Message{From: at(10), Next: at(11)}, []string{"-- 1 line is missing"}, *at(11)},
		"of notices":    {protocol.Message{From: at(10), Next: at(10)}, nil, *at(10)},
		"between lives": {protocol.Message{From: at(10), Next: &hub.Position{Epoch: 9, Offset: 1}}, []string{"-- lines may be missing: the room has begun anew"}, hub.Position{Epoch: 9, Offset: 1}},
	} {
		t.Run(name, func(t *testing.T) {
			r := joined(t, Config{})
			c.gap.Op, c.gap.Room, c.gap.Users = protocol.Gap, "lobby", []string{"carl"}
			r.gets(c.gap)
			require.Equal(t, c.want, r.shown("lobby"))
			require.Equal(t, []string{"carl"}, r.room("lobby").Users)
			require.Equal(t, &c.next, r.rejoin()["lobby"].From)
		})
	}
}

func TestGapThatOnlyJoinedTells(t *testing.T) {
	r := joined(t, Config{})
	r.rejoin()
	r.gets(protocol.Message{Op: protocol.Joined, Room: "lobby", Next: at(13)})
	require.Equal(t, []string{"- lost", "-- 3 lines are missing"}, r.shown("lobby"))
	r.gets(protocol.Message{Op: protocol.Gap, Room: "lobby", From: at(10), Next: at(13)})
	require.Equal(t, []string{"- lost", "-- 3 lines are missing"}, r.shown("lobby"), "once is enough")
}

func TestGapMayHaveSwallowedALine(t *testing.T) {
	r := joined(t, Config{})
	r.says("hello")
	r.gets(protocol.Message{Op: protocol.Gap, Room: "lobby", From: at(10), Next: at(12)})
	require.Equal(t, []string{"-- 2 lines are missing", "[unknown] hello"}, r.shown("lobby"))
	r.line("ann", "hello", "x-1")
	require.Equal(t, []string{"-- 2 lines are missing", "ann: hello"}, r.shown("lobby"))
}

func TestHistoryComesBeforeAndIsNotCounted(t *testing.T) {
	r := joined(t, Config{})
	r.line("bob", "ten", "")
	require.Equal(t, []protocol.Message{{Op: protocol.History, Room: "lobby", Before: 10, Last: 50}}, sends(r.Older(r.now)))
	require.Empty(t, sends(r.Older(r.now)), "one question at a time")
	r.gets(protocol.Message{Op: protocol.History, Room: "lobby", Lines: []protocol.Message{
		{Op: protocol.Line, Name: "bob", Text: "eight"}, {Op: protocol.Line, Name: "bob", Text: "nine"},
	}})
	require.Equal(t, []string{"bob: eight", "bob: nine", "bob: ten"}, r.shown("lobby"))
	require.Equal(t, uint64(8), sends(r.Older(r.now))[0].Before)
	r.gets(protocol.Message{Op: protocol.History, Room: "lobby"})
	require.Empty(t, r.Older(r.now), "that was the first line")
	require.Equal(t, at(11), r.rejoin()["lobby"].From)
}

func TestSeen(t *testing.T) {
	r := joined(t, Config{})
	private := func(name string) {
		r.gets(protocol.Message{Op: protocol.Line, Room: "user:ann", Name: name, To: "ann", Text: "psst"})
	}
	r.gets(protocol.Message{Op: protocol.Joined, Room: "user:ann", Next: at(5)})
	require.Empty(t, sends(r.pass(0)))
	private("bob")
	private("carl")
	private("bob")
	require.Empty(t, sends(r.pass(0)), "nothing has been shown")
	r.Show(1) // bob's
	require.Equal(t, []protocol.Message{{Op: protocol.Seen, Next: at(6)}}, sends(r.pass(0)), "up to carl's line")
	r.Show(2)
	require.Equal(t, []protocol.Message{{Op: protocol.Seen, Next: at(8)}}, sends(r.pass(0)))
	require.Empty(t, sends(r.pass(0)))
}
