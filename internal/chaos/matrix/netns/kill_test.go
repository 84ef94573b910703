//go:build linux

package netns

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
)

func TestServerKilled(t *testing.T) {
	each(t, 13, func(d *dialogue) {
		d.converse(quickServer, quickClient)
		mark := d.cl.mark()
		killed := machineClock()
		d.srv.kill()
		d.row.Detected(d.cl.wait(mark, 1, "reconnecting", phase("reconnecting"))[0].At - killed)
		d.cl.tell(command{Do: "send", N: 7})
		d.cl.wait(mark, 1, "messages accepted", is(evSent))

		back := d.serve(quickServer)
		lost := d.cl.wait(mark, 1, "session lost", is(evEnded))[0]
		require.Equal(d.t, string(conn.LostRestarted), lost.Reason)
		require.Equal(d.t, [2]uint64{10, 17}, [2]uint64{lost.From, lost.To}, "what was not acknowledged is named, and nothing else")
		begun := d.cl.wait(mark, 1, "another call of the handler", is(evSession))[0]
		d.row.Recovered(begun.At - back)
		require.NotEqual(d.t, lost.ID, begun.ID)
		require.Equal(d.t, begun.ID, d.srv.wait(0, 1, "session", is(evSession))[0].ID)

		// The new session begins at nought, at both ends.
		d.total = 0
		d.send(12, 0)
		d.settle()
		d.idle()
		require.Equal(d.t, 1, d.cl.count(0, is(evEnded)), "times that the change of epoch is reported")
		require.Equal(d.t, 2, d.cl.count(0, is(evSession)))
		require.Equal(d.t, 1, d.cl.count(0, is(evHandled)))
		d.counted(lost)
		d.quit(d.cl, d.srv)
	})
}

// counted takes down what became of the messages of both of the client's sessions:
// those of the first were received by a server that is no more, and acknowledged or
// reported.
func (d *dialogue) counted(lost event) {
	d.t.Helper()
	const accepted, acknowledged = 10 + 7, 10
	gone := accepted - acknowledged - int(lost.To-lost.From)
	now, then := d.report(d.srv)[0], d.report(d.cl)[0]
	gone += int(then.Sent-now.Got) + int(now.Sent-then.Got)
	d.row.Messages(gone, int(max(acknowledged, lost.From)-lost.From)+int(now.Doubled+then.Doubled))
}

// A client that is no more leaves sessions that expire in time, with what they
// held: its own messages, and what nobody has received.
func TestClientKilled(t *testing.T) {
	each(t, 14, func(d *dialogue) {
		const (
			ttl      = 3 * time.Second
			sessions = 10
			unsent   = 2000
		)
		srv, cl := quickServer, quickClient
		srv.TTL, cl.Conns = ttl, sessions
		d.converse(srv, cl)
		before := d.heap()
		marks := d.marks()
		killed := machineClock()
		d.cl.kill()
		down, noticed := map[string]time.Duration{}, time.Duration(0)
		for _, e := range d.srv.wait(marks[server], sessions, "links down", is(evDown)) {
			down[e.ID] = e.At
			noticed = max(noticed, e.At-killed)
		}
		d.row.Detected(noticed)
		d.srv.tell(command{Do: "send", N: unsent})
		d.srv.wait(marks[server], sessions, "messages accepted", is(evSent))
		full := d.heap() - before
		lost := 0
		for _, e := range d.srv.wait(marks[server], sessions, "sessions ended", is(evEnded)) {
			require.InDelta(d.t, ttl, e.At-down[e.ID], float64(ttl/10+d.srv.late(marks[server])))
			require.Equal(d.t, string(conn.LostExpired), e.Reason)
			require.Equal(d.t, [2]uint64{10, 10 + unsent}, [2]uint64{e.From, e.To}, "what nobody received is named")
			lost += unsent - int(e.To-e.From)
		}
		doubled := 0
		for _, e := range d.srv.wait(marks[server], sessions, "handlers returned", is(evHandled)) {
			lost, doubled = lost+int(e.Peers[0].Lost), doubled+int(e.Peers[0].Doubled)
		}
		require.Empty(d.t, d.report(d.srv))
		kept := d.heap() - before
		d.t.Logf("%d bytes of heap were held for the dead client, of which %d were left", full, kept)
		d.row.Memory(full)
		d.row.Messages(lost, doubled)
		sent := 0
		for i := range uint64(unsent) {
			sent += sessions * len(content('s', 10+i))
		}
		require.Greater(d.t, full, int64(sent))
		require.Less(d.t, kept, full/20, "memory is freed")
		require.Equal(d.t, sessions, d.srv.count(0, is(evEnded)))
		d.quit(d.srv)
	})
}

// heap is how much memory the server uses.
func (d *dialogue) heap() int64 { return int64(d.memory(d.srv).N) }
