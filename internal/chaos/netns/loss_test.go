//go:build linux

package netns

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// A tenth of the packets is lost each way, under traffic and in silence. What
// is lost TCP sends again after 0.2, 0.6, 1.4 and 3 s, which no scale changes:
// with 5 s it takes five losses in a row to look dead.
func TestLossIsNotDeath(t *testing.T) {
	t.Parallel()
	srv, cl := quickServer, quickClient
	for _, s := range []*settings{&srv, &cl} {
		s.Interval, s.Timeout, s.ProbeAfter = time.Second, 5*time.Second, time.Second
	}
	d := converse(t, srv, cl)
	marks := d.marks()
	d.net.drop(server, tenth)
	d.net.drop(client, tenth)
	d.send(500, 10*time.Millisecond)
	d.settle()
	d.cl.quiet(marks[client], 5*time.Second)
	d.srv.quiet(marks[server], time.Millisecond)
	lost := [2]int{d.net.dropped(server), d.net.dropped(client)}
	t.Logf("%d packets to the server and %d to the client were lost", lost[0], lost[1])
	require.Positive(t, lost[0])
	require.Positive(t, lost[1])
	d.send(10, 0)
	d.settle()
	d.net.heal(server)
	d.net.heal(client)
	for _, p := range d.both() {
		require.Zero(t, p.count(0, is(evDown)), "deaths at %s", p.name)
	}
	d.end()
}
