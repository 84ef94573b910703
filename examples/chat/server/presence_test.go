package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/reconnect"
)

// untilLine gathers who comes and goes, up to the next line.
func (c *client) untilLine() (news []string) {
	for {
		switch m := c.next(); m.Op {
		case protocol.Present:
			news = append(news, "+"+m.Name)
		case protocol.Absent:
			news = append(news, "-"+m.Name)
		case protocol.Line:
			return append(news, m.Text)
		}
	}
}

func TestTwoConnectionsAreOneUser(t *testing.T) {
	s := startServer(t, "-grace", "0")
	watcher, ann := dial(t, s.target("tcp"), "watcher"), dial(t, s.target("tcp"), "ann")
	watcher.join("lobby")
	ann.join("lobby")
	second := ann.login.dial(t, s.target("ws"))
	require.Equal(t, []string{"ann", "watcher"}, second.join("lobby").Users)
	ann.send(protocol.Message{Op: protocol.Leave, Room: "lobby"})
	ann.expect(protocol.Left)
	second.say("lobby", "still here")
	require.Equal(t, []string{"+ann", "still here"}, watcher.untilLine())
	second.send(protocol.Message{Op: protocol.Leave, Room: "lobby"})
	second.expect(protocol.Left)
	watcher.say("lobby", "alone")
	require.Equal(t, []string{"-ann", "alone"}, watcher.untilLine())
}

func TestWhoComesBackSoonHasNotBeenAway(t *testing.T) {
	s := startServer(t, "-grace", "1h")
	watcher, ann := dial(t, s.target("tcp"), "watcher"), dial(t, s.target("tcp"), "ann")
	watcher.join("lobby")
	ann.join("lobby")
	require.NoError(t, ann.Shutdown(t.Context(), conn.CodeNormal, "")) // the page is loaded again
	again := ann.login.dial(t, s.target("tcp"))
	again.join("lobby")
	again.say("lobby", "back")
	require.Equal(t, []string{"+ann", "back"}, watcher.untilLine())
}

// TestACutLinkIsNoAbsence: the link is down for 20 seconds, and nobody sees it.
func TestACutLinkIsNoAbsence(t *testing.T) {
	t.Parallel()
	s := startServer(t, "-grace", "0")
	proxy, err := faultproxy.Listen(s.addrs["tcp"].String(), nil)
	require.NoError(t, err)
	defer proxy.Close()
	watcher := dial(t, s.target("tcp"), "watcher")
	watcher.join("lobby")
	l := &login{show: protocol.Login{Name: "ann"}}
	cfg := l.config()
	cfg.Retry = reconnect.Policy{InitialDelay: 50 * time.Millisecond, MaxDelay: 200 * time.Millisecond}
	c, err := conn.Dial(t.Context(), "tcp://"+proxy.Addr().String(), cfg)
	require.NoError(t, err)
	defer c.Close()
	ann := &client{c, t, l}
	l.welcomed(ann.expect(protocol.Welcome))
	ann.join("lobby")
	require.NoError(t, proxy.Pause())
	away := time.NewTimer(20 * time.Second)
	ann.say("lobby", "said without a link") // it waits in the send buffer
	watcher.say("lobby", "one")
	<-away.C
	watcher.say("lobby", "two")
	require.NoError(t, proxy.Resume())
	require.Equal(t, []string{"+ann", "one"}, watcher.untilLine())
	require.Equal(t, []string{"two"}, watcher.untilLine())
	require.Equal(t, []string{"said without a link"}, watcher.untilLine())
	require.Equal(t, []string{"one"}, ann.untilLine())
	require.Equal(t, []string{"two"}, ann.untilLine())
	require.EqualValues(t, 2, c.Stats().Links)
}

// TestASessionChangesItsTransport: it begins on TCP and goes on over WebSocket.
func TestASessionChangesItsTransport(t *testing.T) {
	s := startServer(t)
	proxy, err := faultproxy.Listen(s.addrs["tcp"].String(), nil)
	require.NoError(t, err)
	defer proxy.Close()
	l := &login{show: protocol.Login{Name: "ann"}}
	cfg := l.config()
	cfg.Targets = []string{s.target("tls"), s.target("ws")}
	cfg.Retry = reconnect.Policy{InitialDelay: 10 * time.Millisecond, MaxDelay: 100 * time.Millisecond}
	c, err := conn.Dial(t.Context(), "tcp://"+proxy.Addr().String(), cfg)
	require.NoError(t, err)
	defer c.Close()
	ann := &client{c, t, l}
	l.welcomed(ann.expect(protocol.Welcome))
	ann.join("lobby")
	id := c.ID()
	require.NoError(t, proxy.Pause())
	ann.say("lobby", "over another one")
	require.Equal(t, []string{"over another one"}, ann.untilLine())
	require.Equal(t, id, c.ID())
	require.Greater(t, c.Stats().Links, uint64(1))
}
