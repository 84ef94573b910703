package main

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// target is where a client finds a server.
func target(address string) string { return "tcp://" + address }

// Five hundred lines, faster than the server allows, over links that live for
// 300 ms or so, arrive once each and in order.
func TestScriptThroughCuts(t *testing.T) {
	srv := startServer(t, "-rate", "300")
	bob := startFilter(t, home(t), "-server", target(srv.tcp), "-name", "bob", "-cut", "700ms")
	bob.state.wait("connected")
	bob.say("/who") // answered only once he is there
	bob.state.wait("in #lobby: ")
	ann := startFilter(t, home(t), "-server", target(srv.tcp), "-name", "ann", "-cut", "300ms")
	const n = 500
	go func() {
		for i := range n {
			fmt.Fprintf(ann.in, "line %d\n", i)
		}
		ann.in.Close()
	}()
	for i := range n {
		require.Equal(t, fmt.Sprintf("#lobby ann: line %d", i), bob.next())
	}
	for i := range n {
		require.Equal(t, fmt.Sprintf("#lobby ann: line %d", i), ann.next())
	}
	require.Zero(t, ann.status(), ann.state)
	require.Contains(t, ann.state.String(), "resumed (", "it was cut indeed")
	require.Zero(t, bob.end(), bob.state)
	require.Empty(t, bob.lines)
}

func TestScript(t *testing.T) {
	srv := startServer(t)
	bob := startFilter(t, home(t), "-server", "ws://"+srv.web+"/chat", "-name", "bob")
	bob.say("/who")
	bob.state.wait("in #lobby: ")
	ann := startFilter(t, home(t), "-server", target(srv.tcp), "-name", "ann")
	ann.say("hello", "/me waves", "/msg bob psst", "/join games", "to nobody", "//slash", "/rooms", "/bogus", "日本語 \x1b[31mred")
	require.Zero(t, ann.end(), ann.state)
	require.Equal(t, "#lobby ann: hello", bob.next())
	require.Equal(t, "#lobby * ann waves", bob.next())
	require.Equal(t, "@ann ann: psst", bob.next())
	require.Contains(t, ann.state.String(), "#games: 1 here")
	require.Contains(t, ann.state.String(), "/bogus is not a command")
	bob.say("/join games", "/history")
	require.Equal(t, "#games ann: to nobody", bob.next())
	require.Equal(t, "#games ann: /slash", bob.next())
	require.Equal(t, "#games ann: 日本語 [31mred", bob.next())
	require.Zero(t, bob.end(), bob.state)
}

// A line to somebody who is away is there when he comes, once.
func TestMailbox(t *testing.T) {
	srv := startServer(t)
	bobs := home(t)
	require.Zero(t, startFilter(t, bobs, "-server", target(srv.tcp), "-name", "bob").end())
	ann := startFilter(t, home(t), "-server", target(srv.tcp), "-name", "ann")
	ann.say("/msg bob are you there?")
	require.Equal(t, "@bob ann: are you there?", ann.next())

	bob := startFilter(t, bobs, "-server", target(srv.tcp), "-name", "bob")
	require.Equal(t, "@ann ann: are you there?", bob.next())
	bob.say("/msg ann yes")
	require.Equal(t, "@ann bob: yes", bob.next())
	require.Zero(t, bob.end())
	require.Equal(t, "@bob bob: yes", ann.next())

	bob = startFilter(t, bobs, "-server", target(srv.tcp), "-name", "bob")
	ann.say("/msg bob anything new?")
	require.Equal(t, "@ann ann: anything new?", bob.next(), "what he has seen is not shown again")
	require.Zero(t, bob.end())
	require.Zero(t, ann.end())
}

func TestNameIsKeptAndDefended(t *testing.T) {
	srv := startServer(t)
	mine := home(t)
	require.Zero(t, startFilter(t, mine, "-server", target(srv.tcp), "-name", "ann").end())
	thief := startFilter(t, home(t), "-server", target(srv.tcp), "-name", "Ann")
	require.Equal(t, statusRefused, thief.end())
	require.Contains(t, thief.state.String(), "the name is taken")
	require.Zero(t, startFilter(t, mine, "-server", target(srv.tcp), "-name", "ann").end(), "the token was kept")
}

// A session is its first name's: its links are resumed under that one, also when
// the user has taken another.
func TestNewNameThroughCuts(t *testing.T) {
	srv := startServer(t)
	mine := home(t)
	ann := startFilter(t, mine, "-server", target(srv.tcp), "-name", "ann", "-cut", "200ms")
	ann.say("one", "/nick anna", "two")
	require.Equal(t, "#lobby ann: one", ann.next())
	require.Equal(t, "#lobby anna: two", ann.next())
	ann.state.wait("resumed")
	ann.say("three")
	require.Equal(t, "#lobby anna: three", ann.next())
	srv.kill()
	ann.state.wait("connection refused")
	srv.start()
	ann.say("four")
	require.Equal(t, "#lobby anna: four", ann.next(), "the next session is the new name's")
	require.Zero(t, ann.end(), ann.state)
}

func TestScriptSurvivesARestart(t *testing.T) {
	srv := startServer(t)
	bob := startFilter(t, home(t), "-server", target(srv.tcp), "-name", "bob")
	bob.say("before")
	require.Equal(t, "#lobby bob: before", bob.next())
	srv.kill()
	bob.state.wait("reconnecting")
	bob.say("after")
	srv.start()
	bob.state.wait("new session: the server has restarted")
	require.Equal(t, "#lobby bob: after", bob.next(), "the server knows what it had said, and that this client has it")
	require.Zero(t, bob.end(), bob.state)
}

func TestScriptWhoseOutputIsGone(t *testing.T) {
	srv := startServer(t)
	ann := startFilter(t, home(t), "-server", target(srv.tcp), "-name", "ann")
	ann.out.Close()
	ann.say("nobody reads this")
	require.NotZero(t, ann.status())
}

func TestTLS(t *testing.T) {
	secure := freeAddress(t)
	srv := startServer(t, "-tls-self-signed")
	srv.kill()
	srv.args = append(srv.args, "-tls", secure) // the last one counts
	srv.start()
	wary := startFilter(t, home(t), "-server", "tls://"+secure, "-name", "ann")
	wary.state.wait("certificate not accepted")
	bold := startFilter(t, home(t), "-server", "tls://"+secure, "-name", "bob", "-insecure", "-cut", "1h")
	bold.say("hello")
	require.Equal(t, "#lobby bob: hello", bold.next())
	require.Zero(t, bold.end(), bold.state)
}

func TestLinesThatAreTooLong(t *testing.T) {
	srv := startServer(t)
	ann := startFilter(t, home(t), "-server", target(srv.tcp), "-name", "ann")
	ann.say(strings.Repeat("x", 5000), strings.Repeat("y", 50_000), "short")
	require.Equal(t, "#lobby ann: short", ann.next())
	require.Equal(t, statusHere, ann.end())
	require.Contains(t, ann.state.String(), "not sent: #lobby: xxx")
	require.Contains(t, ann.state.String(), "not sent: #lobby: yyy")
}

func TestCommandLine(t *testing.T) {
	for _, args := range [][]string{
		{"-bogus"}, {"-server", "gopher://x"}, {"-name", "1st"}, {"-room", "a b"}, {"-ca", "/nowhere/at/all"},
		{"-ca", "x", "-insecure"}, {"-cut", "-1s"}, {"unexpected"},
	} {
		require.Equal(t, statusUsage, startFilter(t, home(t), args...).end(), args)
	}
	require.Zero(t, startFilter(t, home(t), "-h").end())
}
