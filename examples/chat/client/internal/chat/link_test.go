package chat

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
)

// says checks the status.
func (r *rig) status(want string, health Health) {
	r.t.Helper()
	text, h := r.Status(r.now)
	require.Equal(r.t, want, text)
	require.Equal(r.t, health, h)
}

func TestStatusTellsTheTruth(t *testing.T) {
	r := newRig(t, Config{})
	link := func(l LinkChanged) { r.Handle(&l, r.now) }
	r.status("not connected", Doubtful)
	link(LinkChanged{Phase: conn.Connecting, Target: "tcp://there:1", Attempt: 1})
	r.status("connecting to tcp://there:1", Doubtful)
	link(LinkChanged{Phase: conn.Connected})
	r.begin()
	r.status("connected", Good)
	r.Handle(&Pulse{RTT: 12 * time.Millisecond}, r.now)
	r.status("connected, 12 ms", Good)

	link(LinkChanged{Phase: conn.Reconnecting, Attempt: 4, Delay: 2500 * time.Millisecond, Why: "connection refused"})
	r.status("reconnecting in 3 s (attempt 4, connection refused)", Bad)
	r.pass(time.Second)
	r.status("reconnecting in 2 s (attempt 4, connection refused)", Bad)
	r.pass(time.Second)
	r.status("reconnecting in 1 s (attempt 4, connection refused)", Bad)
	link(LinkChanged{Phase: conn.Connecting, Attempt: 4})
	r.status("reconnecting now (attempt 4)", Bad)
	link(LinkChanged{Phase: conn.Resumed, Replayed: 12})
	r.status("resumed (12 replayed)", Good)
	r.pass(newsLasts)
	r.status("connected", Good)

	r.Handle(&Ended{Why: "the server has restarted"}, r.now)
	r.status("no session: the server has restarted", Bad)
	link(LinkChanged{Phase: conn.Connected})
	r.status("new session: the server has restarted", Good)
	r.pass(2 * newsLasts)
	r.status("connected", Good)
}

func TestSilenceIsNotCalledConnected(t *testing.T) {
	r := joined(t, Config{})
	r.Handle(&LinkChanged{Phase: conn.Connected}, r.now)
	r.says("hello?")
	r.status("connected", Good)
	r.pass(3 * time.Second)
	r.status("connected, but no answer for 3 s", Doubtful)
	r.line("ann", "hello?", "x-1")
	r.status("connected", Good)
}

func TestLineWakesTheConnection(t *testing.T) {
	r := joined(t, Config{})
	r.Handle(&LinkChanged{Phase: conn.Reconnecting, Delay: time.Minute}, r.now)
	require.Contains(t, r.Handle(&Entered{""}, r.now), Action(Wake{}))
}
