//go:build linux

package netns

import (
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A server that is told to end does so in good order while both ends of all
// sessions talk: nothing is lost, unknown or doubled, and the clients come back to
// the next one.
func TestDrainOnSIGTERM(t *testing.T) {
	each(t, 16, func(d *dialogue) {
		cl := quickClient
		cl.Conns, cl.DialTimeout = 20, manyDial
		d.converse(quickServer, cl)
		marks := d.marks()
		for _, p := range d.both() {
			p.tell(command{Do: "talk", Every: time.Millisecond})
			p.tell(command{Do: "expect", N: d.total + 50})
		}
		for i, p := range d.both() {
			p.wait(marks[i], d.conns, "talk", is(evReceived))
		}

		from := d.srv.signal(syscall.SIGTERM)
		drained := d.srv.wait(marks[server], 1, "drained", is(evDrained))[0]
		require.Empty(d.t, drained.Err)
		ended := d.cl.wait(marks[client], d.conns, "sessions ended", is(evHandled))
		d.accountFor(marks, ended)

		<-d.srv.exited
		old := d.srv
		back := d.serve(quickServer)
		begun := d.cl.wait(marks[client], d.conns, "sessions anew", is(evSession))
		d.row.Recovered(begun[d.conns-1].At - back)
		d.row.Note("drained in %v", (drained.At - from).Round(time.Millisecond))
		d.total = 0
		d.send(10, 0)
		d.settle()
		d.quit(d.cl, d.srv, old)
	})
}

// accountFor holds the books of both ends of sessions that have ended against each
// other, and against what the ends were told.
func (d *dialogue) accountFor(marks [2]int, ended []event) {
	d.t.Helper()
	byServer := map[string]account{}
	for _, e := range d.srv.wait(marks[server], d.conns, "sessions ended", is(evHandled)) {
		byServer[e.ID] = e.Peers[0]
	}
	lost, doubled, messages := 0, 0, uint64(0)
	for _, e := range ended {
		c := e.Peers[0]
		s, ok := byServer[e.ID]
		require.True(d.t, ok, "both ends have session %s", e.ID)
		lost += int(c.Sent) - int(s.Got) + int(s.Sent) - int(c.Got)
		doubled += int(c.Doubled + s.Doubled)
		messages += c.Sent + s.Sent
	}
	d.t.Logf("%d messages in %d sessions", messages, d.conns)
	d.row.Messages(lost, doubled)
	require.Zero(d.t, lost)
	require.Zero(d.t, doubled)
	for i, p := range d.both() {
		for _, e := range p.wait(marks[i], d.conns, "sessions ended", is(evEnded)) {
			require.Empty(d.t, e.Reason, "%s: %s", p.name, e.Err)
		}
	}
}
