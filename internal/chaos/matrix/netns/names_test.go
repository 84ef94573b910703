//go:build linux

package netns

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// The server's name does not exist, then stands for a host that is not there, then
// for the server; and then the server's address changes. Each attempt asks anew.
func TestNamesFailAndChange(t *testing.T) {
	each(t, 32, func(d *dialogue) {
		const nobody, elsewhere = "192.0.2.9", "192.0.2.3"
		failed := func(with string) func(event) bool {
			return func(e event) bool { return phase("reconnecting")(e) && strings.Contains(e.Err, with) }
		}
		srv, cl := quickServer, quickClient
		srv.Addr, cl.Addr, cl.Names = "0.0.0.0:7000", hostName+":7000", true
		d.conns = 1
		d.serve(srv)
		d.net.address(server, elsewhere)
		d.cl = d.start(client, cl)
		d.cl.wait(0, 3, "attempts that fail", failed("no such host"))
		mark := d.cl.mark()
		d.cl.tell(command{Do: "name", Addr: nobody})
		d.cl.wait(mark, 2, "attempts that fail", failed(nobody))
		d.cl.tell(command{Do: "name", Addr: serverIP})
		d.meet()

		marks := d.marks()
		d.net.drop(server, "ip daddr "+serverIP+" counter drop")
		cut := machineClock()
		d.inTime(timeout+interval, cut, marks)
		d.send(20, 0)
		moved := machineClock()
		d.cl.tell(command{Do: "name", Addr: elsewhere})
		d.resumed(moved, marks)
		d.settle()

		mark = d.cl.mark()
		d.cl.tell(command{Do: "report"})
		asked := d.cl.wait(mark, 1, "report", is(evReport))[0].Asked
		attempts := d.cl.count(0, phase("connecting"))
		d.row.Note("%d attempts, %d look-ups", attempts, asked)
		require.Equal(d.t, attempts, asked)
		d.end()
	})
}

// address gives a side one more.
func (p *pair) address(s side, ip string) {
	p.t.Helper()
	require.NoError(p.t, run("", "ip", "-n", p.ns[s], "addr", "add", ip+"/24", "dev", "cable"))
}
