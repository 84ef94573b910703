//go:build linux

package netns

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
)

// oneGeneration requires that both ends are on the same single link.
func (d *dialogue) oneGeneration() {
	d.t.Helper()
	d.idle() // long enough for a link that leads nowhere to be found out
	for _, p := range d.both() {
		accounts := d.report(p)
		require.Len(d.t, accounts, 1)
		require.True(d.t, accounts[0].Connected, "%s: %+v", p.name, accounts)
		require.Equal(d.t, 1, p.count(0, is(evUp))-p.count(0, is(evDown)), "live links of %s", p.name)
	}
	require.Equal(d.t, d.report(d.srv)[0].ID, d.report(d.cl)[0].ID)
}

// The two directions of a dead path come back one after the other, with
// attempts to resume in between that get half of the way.
func TestAsymmetricHeal(t *testing.T) {
	t.Parallel()
	for first, name := range map[side]string{server: "to the server first", client: "to the client first"} {
		t.Run(name, func(t *testing.T) {
			each(t, 5, func(d *dialogue) {
				d.converse(quickServer, quickClient)
				marks := d.marks()
				d.net.drop(server, everything)
				d.net.drop(client, everything)
				cut := machineClock()
				d.send(20, 0) // into the link that is dead
				d.inTime(timeout, cut, marks)
				d.send(20, 0) // while there is none

				marks = d.marks()
				d.net.heal(first)
				d.cl.wait(marks[client], 3, "attempts that fail", phase("reconnecting"))
				d.send(20, 0)
				require.Zero(d.t, d.cl.count(marks[client], phase("resumed")))
				marks = d.marks()
				healing := machineClock()
				d.net.heal(1 - first)
				d.resumed(healing, marks)
				d.settle()
				d.oneGeneration()
				d.end()
			})
		})
	}
}

// The server hears everything and is not heard, once a dial has succeeded: it
// resumes the session on one link after another, and the client knows of none.
func TestWelcomesThatGetLost(t *testing.T) {
	each(t, 5, func(d *dialogue) {
		d.converse(quickServer, quickClient)
		marks := d.marks()
		d.net.drop(client, withContent)
		d.send(20, 0)
		d.detected(marks)

		marks = d.marks()
		d.lostWelcomes(marks)
		require.Zero(d.t, d.cl.count(marks[client], is(evUp)))
		d.send(20, 0)
		marks = d.marks()
		healing := machineClock()
		d.net.heal(client)
		d.resumed(healing, marks)
		d.settle()
		d.oneGeneration()
		d.end()
	})
}

// lostWelcomes waits for links that the server has and the client knows nothing of.
// A client over TLS or WebSocket does not get as far as that.
func (d *dialogue) lostWelcomes(marks [2]int) {
	d.t.Helper()
	if d.over == stage.TCP {
		d.srv.wait(marks[server], 4, "links that the client does not know of", is(evUp))
		return
	}
	d.cl.wait(marks[client], 4, "attempts that fail", phase("reconnecting"))
}
