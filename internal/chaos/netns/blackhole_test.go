//go:build linux

package netns

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// detected returns when each end took its link for dead.
func (d *dialogue) detected(marks [2]int) (byServer, byClient time.Duration) {
	d.t.Helper()
	return d.srv.wait(marks[server], 1, "link down", is(evDown))[0].At,
		d.cl.wait(marks[client], 1, "reconnecting", phase("reconnecting"))[0].At
}

// inTime holds what both ends took to notice to the limit, counted from the
// instant when the cut was complete.
func (d *dialogue) inTime(cut time.Duration, marks [2]int) {
	d.t.Helper()
	byServer, byClient := d.detected(marks)
	byServer, byClient = byServer-cut, byClient-cut
	limit := timeout + interval + d.excuse(marks)
	d.t.Logf("noticed after %v by the server, %v by the client, limit %v",
		byServer.Round(time.Millisecond), byClient.Round(time.Millisecond), limit)
	require.LessOrEqual(d.t, byServer, limit)
	require.LessOrEqual(d.t, byClient, limit)
}

// excuse is how much later than it should a verdict may come on a machine that
// does not let a process run: by as long as that was, and where it was long
// enough to be taken for a suspension by an answer's time, which the heartbeat
// then allows anew.
func (d *dialogue) excuse(marks [2]int) (excuse time.Duration) {
	const suspension = (timeout - interval) / 8
	for i, p := range d.both() {
		var sum time.Duration
		for _, e := range p.since(marks[i]) {
			if e.Ev == evStall {
				if sum += e.Took; e.Took > suspension {
					sum += timeout - interval
				}
			}
		}
		if sum > 0 {
			d.t.Logf("the machine is busy, which excuses the %s for %v", p.name, sum.Round(time.Millisecond))
		}
		excuse = max(excuse, sum)
	}
	return excuse
}

// idle lets a few heartbeats pass.
func (d *dialogue) idle() {
	d.t.Helper()
	marks := d.marks()
	d.cl.quiet(marks[client], 4*interval)
	d.srv.quiet(marks[server], time.Millisecond)
}

func TestTwoWayBlackHole(t *testing.T) {
	t.Parallel()
	d := converse(t, quickServer, quickClient)
	d.idle()

	marks := d.marks()
	before := machineClock()
	d.net.drop(server, everything)
	d.net.drop(client, everything)
	d.inTime(machineClock(), marks)
	for i, p := range d.both() {
		down := p.wait(marks[i], 1, "link down", is(evDown))[0]
		require.True(t, down.Dead, "nothing but the heartbeat can tell")
		// The last sign of life was at most an interval old, and an answer's way.
		require.Greater(t, down.At-before, timeout-interval-interval/2)
	}

	d.send(50, 0)
	marks = d.marks()
	d.net.heal(server)
	d.net.heal(client)
	d.cl.wait(marks[client], 1, "resumed", phase("resumed"))
	d.settle()
	d.end()
}

// One end hears nothing, and the other hears that end's pings until it gives
// up. It learns of that by a reset; a FIN would not come, because it waits behind
// what the peer's kernel sends again and again.
func TestOneWayBlackHole(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name    string
		deaf    side
		talking uint64
	}{
		{"idle, server deaf", server, 0},
		{"idle, client deaf", client, 0},
		{"talking, server deaf", server, 20},
		{"talking, client deaf", client, 20},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := converse(t, quickServer, quickClient)
			d.idle()

			marks := d.marks()
			d.net.drop(c.deaf, everything)
			cut := machineClock()
			d.send(c.talking, 0) // half of it arrives, and none of that is known to have
			d.inTime(cut, marks)

			d.send(20, 0)
			require.Positive(t, d.net.dropped(c.deaf))
			marks = d.marks()
			d.net.heal(c.deaf)
			d.cl.wait(marks[client], 1, "resumed", phase("resumed"))
			d.settle()
			d.end()
		})
	}
}
