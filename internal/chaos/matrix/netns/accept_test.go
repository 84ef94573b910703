//go:build linux

package netns

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
)

// A server runs out of descriptors: those whom it serves notice nothing, it does not
// spin, and serves others as soon as it can.
func TestNoDescriptorsForAccept(t *testing.T) {
	each(t, 35, func(d *dialogue) {
		const (
			short    = 4 * time.Second
			longest  = time.Second // between two attempts
			recovery = 2 * time.Second
			share    = 0.2 // of a processor
		)
		srv := quickServer
		srv.Files = 64
		d.converse(srv, quickClient)
		mark := d.srv.mark()
		d.srv.tell(command{Do: "exhaust"})
		gone := d.srv.wait(mark, 1, "exhausted", is(evDone))[0]
		require.Positive(d.t, gone.N)

		others := quickClient
		others.Conns, others.DialTimeout = 5, 10*time.Second
		crowd := d.start(client, others)
		end := time.NewTimer(short) // how long it lasts is the case
		defer end.Stop()
		d.send(50, 10*time.Millisecond)
		d.settle()
		<-end.C
		require.Zero(d.t, crowd.count(0, is(evSession)))
		mark = d.srv.mark()
		d.srv.tell(command{Do: "relieve"})
		back := d.srv.wait(mark, 1, "relieved", is(evDone))[0]
		last := crowd.wait(0, others.Conns, "sessions", is(evSession))[others.Conns-1].At

		used := float64(back.Took-gone.Took) / float64(back.At-gone.At)
		d.row.Recovered(last - back.At)
		d.row.Note("%d attempts to accept, %.1f %% of a processor", len(back.Instants), 100*used)
		require.Less(d.t, used, share)
		require.LessOrEqual(d.t, last-back.At, recovery+d.srv.late(mark))
		d.backedOff(back.Instants, d.least(), longest+d.srv.late(0))
		for _, p := range d.both() {
			require.Zero(d.t, p.count(0, is(evDown)), "%s", p.name)
		}
		crowd.quit()
		d.srv.wait(mark, others.Conns, "sessions ended", is(evHandled))
		d.balance()
		d.quit(d.cl, d.srv, crowd)
	})
}

// least is the first delay before the next attempt to accept. WebSockets are
// accepted by package net/http.
func (d *dialogue) least() time.Duration {
	if d.over == stage.WebSocket {
		return 5 * time.Millisecond
	}
	return 10 * time.Millisecond
}

// backedOff holds attempts to growing delays between the least and the longest.
func (d *dialogue) backedOff(instants []time.Duration, least, longest time.Duration) {
	d.t.Helper()
	require.Greater(d.t, len(instants), 3)
	for i := 1; i < len(instants); i++ {
		delay := instants[i] - instants[i-1]
		require.GreaterOrEqual(d.t, delay, min(least, time.Second))
		require.LessOrEqual(d.t, delay, longest)
		least *= 2
	}
}
