//go:build linux

package netns

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// The kernel is told to do away with the socket of one end, then of the other, while
// both talk: the end itself reads an error, and its peer a reset.
func TestSocketsDestroyed(t *testing.T) {
	each(t, 1, func(d *dialogue) {
		const times, messages = 10, 1000
		d.converse(quickServer, quickClient)
		begin := d.marks()
		for _, p := range d.both() {
			p.tell(command{Do: "send", N: messages, Every: time.Millisecond})
		}
		d.total += messages
		worst := [2]time.Duration{}
		for i := range times {
			marks := d.marks()
			d.net.destroy(side(i % 2))
			byServer, byClient := d.detected(marks)
			up := d.cl.wait(marks[client], 1, "resumed", phase("resumed"))[0].At
			at := min(byServer, byClient) // when it was done: the command takes longer
			worst[0] = max(worst[0], byServer-at, byClient-at)
			worst[1] = max(worst[1], up-at)
		}
		d.row.Detected(worst[0])
		d.row.Recovered(worst[1])
		for i, p := range d.both() {
			p.wait(begin[i], 1, "messages accepted", is(evSent))
			require.Zero(d.t, p.count(begin[i], func(e event) bool { return e.Ev == evDown && e.Dead }), "they need no heartbeat for that")
		}
		d.settle()
		links := d.report(d.srv)[0].Links
		d.row.Note("%d links destroyed", links-1)
		require.GreaterOrEqual(d.t, links, uint64(times))
		d.end()
	})
}

// destroy has the kernel end the connections of a side, as ss -K does.
func (p *pair) destroy(s side) {
	p.t.Helper()
	out, err := output("", "ip", "netns", "exec", p.ns[s], "ss", "-HntK", "state", "established", "( sport = :7000 or dport = :7000 )")
	require.NoError(p.t, err)
	require.NotEmpty(p.t, out, "there was one")
}
