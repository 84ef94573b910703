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
func (d *dialogue) inTime(limit, cut time.Duration, marks [2]int) {
	d.t.Helper()
	byServer, byClient := d.detected(marks)
	byServer, byClient = byServer-cut, byClient-cut
	limit += d.excuse(marks)
	d.t.Logf("noticed after %v by the server, %v by the client, limit %v",
		byServer.Round(time.Millisecond), byClient.Round(time.Millisecond), limit)
	d.row.Detected(max(byServer, byClient))
	require.LessOrEqual(d.t, byServer, limit)
	require.LessOrEqual(d.t, byClient, limit)
}

// resumed waits until the client goes on after the fault's end.
func (d *dialogue) resumed(end time.Duration, marks [2]int) {
	d.t.Helper()
	d.row.Recovered(d.cl.wait(marks[client], 1, "resumed", phase("resumed"))[0].At - end)
}

// excuse is how much later than it should a verdict of the heartbeat may come on a
// machine that does not let a process run: by as long as that was, and by an answer's
// time for each stall that was long enough to be taken for a suspension, after which
// the heartbeat allows that anew.
func (d *dialogue) excuse(marks [2]int) (excuse time.Duration) {
	const suspension = (timeout - interval) / 4
	for i, p := range d.both() {
		again := p.count(marks[i], func(e event) bool { return e.Ev == evStall && e.Took > suspension })
		excuse = max(excuse, p.late(marks[i])+time.Duration(again)*(timeout-interval))
	}
	if excuse > tolerated {
		d.t.Logf("the machine is busy, which excuses %v", excuse.Round(time.Millisecond))
	}
	return excuse
}

// late is how late anything may be that a process does by the clock: by as long as
// it did not run, and by what it is without a word.
func (c *process) late(mark int) time.Duration {
	sum := tolerated
	for _, e := range c.since(mark) {
		if e.Ev == evStall {
			sum += e.Took
		}
	}
	return sum
}

// idle lets a few heartbeats pass.
func (d *dialogue) idle() {
	d.t.Helper()
	marks := d.marks()
	d.cl.quiet(marks[client], 4*interval)
	d.srv.quiet(marks[server], time.Millisecond)
}

func TestTwoWayBlackHole(t *testing.T) {
	each(t, 3, playTwoWayBlackHole)
}

func playTwoWayBlackHole(d *dialogue) {
	d.converse(quickServer, quickClient)
	d.idle()

	marks := d.marks()
	before := machineClock()
	d.net.drop(server, everything)
	d.net.drop(client, everything)
	d.inTime(timeout, machineClock(), marks)
	for i, p := range d.both() {
		down := p.wait(marks[i], 1, "link down", is(evDown))[0]
		require.True(d.t, down.Dead, "nothing but the heartbeat can tell")
		// The last sign of life was at most an interval old, and an answer's way.
		require.Greater(d.t, down.At-before, timeout-interval-interval/2)
	}

	d.send(50, 0)
	marks = d.marks()
	d.net.heal(server)
	healing := machineClock()
	d.net.heal(client)
	d.resumed(healing, marks)
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
			each(t, 4, func(d *dialogue) {
				d.converse(quickServer, quickClient)
				d.idle()

				marks := d.marks()
				d.net.drop(c.deaf, everything)
				cut := machineClock()
				d.send(c.talking, 0) // half of it arrives, and none of that is known to have
				d.inTime(timeout+interval, cut, marks)

				d.send(20, 0)
				require.Positive(d.t, d.net.dropped(c.deaf))
				marks = d.marks()
				healing := machineClock()
				d.net.heal(c.deaf)
				d.resumed(healing, marks)
				d.settle()
				d.end()
			})
		})
	}
}
