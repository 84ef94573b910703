package chat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/examples/chat/protocol"
)

func TestLineIsShownAtOnceAndTickedOff(t *testing.T) {
	r := joined(t, Config{})
	sent := r.says("hello")
	require.Equal(t, []protocol.Message{{Op: protocol.Say, Room: "lobby", Text: "hello", ID: "x-1"}}, sent)
	require.Equal(t, []string{"[waiting] hello"}, r.shown("lobby"))
	r.line("bob", "hi", "")
	r.line("ann", "hello", "x-1")
	require.Equal(t, []string{"bob: hi", "ann: hello"}, r.shown("lobby"))
}

func TestLineOfAnotherUserWithTheSameIDTicksNothingOff(t *testing.T) {
	r := joined(t, Config{})
	r.says("hello")
	r.line("mallory", "hello", "x-1")
	require.Equal(t, []string{"mallory: hello", "[waiting] hello"}, r.shown("lobby"))
}

func TestLinesAreHeldUntilTheRoomIsJoined(t *testing.T) {
	r := newRig(t, Config{})
	require.Empty(t, r.says("one"))
	r.begin()
	require.Empty(t, r.says("two"))
	sent := sends(r.gets(protocol.Message{Op: protocol.Joined, Room: "lobby", Next: at(1)}))
	require.Len(t, sent, 2)
	require.Equal(t, "one", sent[0].Text)
	require.Equal(t, "two", sent[1].Text)
	require.Empty(t, sends(r.pass(time.Second)), "once is enough")
}

func TestLostSessionSortsTheLines(t *testing.T) {
	r := joined(t, Config{})
	for _, line := range []string{"acknowledged", "on its way", "not gone"} {
		r.says(line)
	}
	r.Handle(&Ended{Why: "the server has restarted", Unsent: []string{"x-3"}}, r.now)
	require.Equal(t, []string{
		"- the server has restarted",
		"- not sent: 1 line; /resend sends what is marked so",
		"- may not have arrived: 2 lines; /resend all sends them once more, if they do not come back",
		"[unknown] acknowledged", "[unknown] on its way", "[not sent] not gone",
	}, r.shown("lobby"))

	// The room turns out to have one of them.
	r.begin()
	r.gets(protocol.Message{Op: protocol.Joined, Room: "lobby", Next: at(10)})
	r.line("ann", "acknowledged", "x-1")
	require.Equal(t, 1, r.Count(Unknown))

	sent := r.says("/resend")
	require.Len(t, sent, 1)
	require.Equal(t, "not gone", sent[0].Text)
	sent = r.says("/resend all")
	require.Len(t, sent, 1)
	require.Equal(t, "on its way", sent[0].Text)
	r.line("ann", "not gone", "x-3")
	r.line("ann", "on its way", "x-2")
	require.Zero(t, r.Count(Held, Waiting, NotSent, Unknown))
}

func TestScriptSendsAgainWhatWasCertainlyNotSent(t *testing.T) {
	r := joined(t, Config{Script: true})
	r.says("one")
	r.Handle(&Ended{Why: "lost", Unsent: []string{"x-1"}}, r.now)
	require.False(t, r.Idle())
	r.begin()
	sent := sends(r.gets(protocol.Message{Op: protocol.Joined, Room: "lobby", Next: at(10)}))
	require.Len(t, sent, 1)
	require.Equal(t, "one", sent[0].Text)
	r.line("ann", "one", "x-1")
	require.True(t, r.Idle())
}

func TestTooFast(t *testing.T) {
	fast := protocol.Message{Op: protocol.Failed, Code: protocol.TooFast, Text: "not so fast", Room: "lobby", ID: "x-1"}
	r := joined(t, Config{})
	r.says("one")
	r.gets(fast)
	require.Equal(t, []string{"[not sent] one"}, r.shown("lobby"), "a person decides")

	r = joined(t, Config{Script: true})
	r.says("one")
	r.gets(fast)
	require.False(t, r.Idle())
	require.Len(t, sends(r.pass(time.Second)), 1, "a script is patient")
}

func TestJoinThatCameTooFastIsRepeated(t *testing.T) {
	r := newRig(t, Config{})
	r.begin()
	r.says("held")
	for _, room := range []string{"lobby", "user:ann"} {
		r.gets(protocol.Message{Op: protocol.Failed, Code: protocol.TooFast, Room: room})
	}
	sent := sends(r.pass(time.Second))
	require.Len(t, sent, 2)
	require.Equal(t, []protocol.Op{protocol.Join, protocol.Join}, []protocol.Op{sent[0].Op, sent[1].Op})
	require.Empty(t, sends(r.pass(time.Second)))
	require.Equal(t, 1, r.Count(Held))
}

func TestRoomThatIsRefused(t *testing.T) {
	r := newRig(t, Config{Rooms: []string{"lobby"}, Script: true})
	r.begin()
	r.says("hello")
	r.gets(protocol.Message{Op: protocol.Failed, Code: protocol.TooMany, Text: "you are in too many rooms", Room: "lobby"})
	require.Equal(t, 1, r.Count(NotSent))
	require.True(t, r.Idle(), "nothing more will come of it")
}

func TestWhatTheConnectionDoesNotTake(t *testing.T) {
	r := joined(t, Config{})
	sent := r.says("long")
	r.Handle(&Rejected{Message: sent[0], Why: "too long", Never: true}, r.now)
	require.Equal(t, []string{"[not sent] long"}, r.shown("lobby"))
	require.Equal(t, "too long", r.room("lobby").Pending[0].Why)
	r.says("/forget")
	require.Empty(t, r.room("lobby").Pending)
}

func TestScriptTriesAgainOnlyWhatMaySucceed(t *testing.T) {
	r := joined(t, Config{Script: true})
	sent := r.says("one")
	r.Handle(&Rejected{Message: sent[0], Why: "the send buffer is full"}, r.now)
	require.Len(t, sends(r.pass(time.Second)), 1)
	r.Handle(&Rejected{Message: sent[0], Why: "too long", Never: true}, r.now)
	require.Empty(t, sends(r.pass(time.Second)))
	require.True(t, r.Idle())
}
