//go:build linux

package netns

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// One end's kernel says that nothing more will come from there, behind what was
// sent. The other end takes that, and ends the link.
func TestHalfClose(t *testing.T) {
	t.Parallel()
	for by, name := range map[side]string{server: "by the server", client: "by the client"} {
		t.Run(name, func(t *testing.T) {
			each(t, 2, func(d *dialogue) {
				cl := quickClient
				cl.Sockets = true
				d.converse(quickServer, cl)
				marks := d.marks()
				d.send(200, 0)
				half := machineClock()
				d.both()[by].tell(command{Do: "halfclose"})
				d.inTime(timeout, half, marks)
				d.resumed(half, marks)
				d.settle()
				d.end()
			})
		})
	}
}

// What was sent before, and is on its way when the FIN is, arrives on the old link:
// nothing of it has to go over the wire once more.
func TestHalfCloseDrains(t *testing.T) {
	t.Parallel()
	for by, name := range map[side]string{server: "by the server", client: "by the client"} {
		t.Run(name, func(t *testing.T) {
			each(t, 2, func(d *dialogue) {
				srv, cl := patient(quickServer, quickClient)
				cl.Sockets = true
				d.converse(srv, cl)
				marks := d.marks()
				half, other := d.both()[by], d.both()[1-by]
				d.net.drop(1-by, everything)
				half.tell(command{Do: "send", N: 50})
				half.wait(marks[by], 1, "messages accepted", is(evSent))
				half.tell(command{Do: "halfclose"})
				half.wait(marks[by], 1, "half-closed", is(evDone))
				require.Zero(d.t, half.count(marks[by], is(evDown)))
				require.Zero(d.t, other.count(marks[1-by], is(evDown)))
				healed := machineClock()
				d.net.heal(1 - by)
				d.inTime(15*time.Second, healed, marks) // which is D for these
				d.resumed(healed, marks)
				require.Zero(d.t, d.report(half)[0].Replayed, "it drained")
				other.tell(command{Do: "send", N: 50})
				other.wait(marks[1-by], 1, "messages accepted", is(evSent))
				d.total += 50
				d.settle()
				d.end()
			})
		})
	}
}
