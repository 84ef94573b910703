//go:build linux

package netns

import (
	"maps"
	"slices"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const (
	many    = 50
	stopped = 3 * time.Second

	// So many need time for their first handshakes.
	manyDial = 1500 * time.Millisecond
)

// A minute fills the queue of the server's kernel with the attempts of a few.
const (
	few           = 10
	stoppedLonger = time.Minute
)

// pause stops the server for a while that is longer than every timeout.
func (d *dialogue) pause(length time.Duration, meanwhile func(from time.Duration)) {
	d.t.Helper()
	from := d.srv.signal(syscall.SIGSTOP)
	end := time.NewTimer(length) // how long it lasts is the case
	defer end.Stop()
	meanwhile(from)
	<-end.C
	d.srv.signal(syscall.SIGCONT)
}

// A stopped server's kernel goes on accepting. The clients find out all the
// same, and their attempts to resume wait for the server, stale ones among
// them, when it goes on.
func TestServerStopped(t *testing.T) {
	each(t, 12, func(d *dialogue) { d.playStop(many, stopped) })
}

// The same, for as long as the table says.
func TestServerStoppedForAMinute(t *testing.T) {
	long(t, 12, func(d *dialogue) { d.playStop(few, stoppedLonger) })
}

func (d *dialogue) playStop(conns int, length time.Duration) {
	t := d.t
	srv, cl := quickServer, quickClient
	srv.TTL, cl.Conns, cl.DialTimeout = 10*time.Minute, conns, manyDial
	d.converse(srv, cl)
	d.idle()
	marks := d.marks()
	d.pause(length, func(from time.Duration) {
		noticed := map[int]time.Duration{}
		d.cl.wait(marks[client], conns, "clients that notice", func(e event) bool {
			if _, known := noticed[e.Conn]; known || !phase("reconnecting")(e) {
				return false
			}
			noticed[e.Conn] = e.At - from
			return true
		})
		took := slices.Sorted(maps.Values(noticed))
		t.Logf("noticed by the clients after %v to %v, nine in ten by %v", took[0].Round(time.Millisecond),
			took[conns-1].Round(time.Millisecond), took[conns*9/10-1].Round(time.Millisecond))
		d.row.Detected(took[conns-1])
		limit := timeout + d.excuse(marks)
		require.LessOrEqual(t, took[conns*9/10-1], limit)
		// A thread that the machine did not run may have taken a few of so many
		// timers with it; those allow an answer's time before they judge.
		require.LessOrEqual(t, took[conns-1], limit+timeout-interval)
	})
	cont := machineClock()
	resumed := map[int]time.Duration{}
	d.cl.wait(marks[client], conns, "clients that resume", func(e event) bool {
		if _, known := resumed[e.Conn]; known || !phase("resumed")(e) {
			return false
		}
		resumed[e.Conn] = e.At - cont
		return true
	})
	last := time.Duration(0)
	for _, d := range resumed {
		last = max(last, d)
	}
	d.row.Recovered(last)
	d.send(5, 0)
	d.settle()
	refused := map[string]int{}
	for _, e := range d.srv.since(marks[server]) {
		if e.Ev == evRefused {
			refused[e.Err]++
		}
	}
	t.Logf("all had resumed after %v; links refused by cause: %v", last.Round(time.Millisecond), refused)
	require.Zero(t, d.srv.count(marks[server], func(e event) bool { return e.Ev == evDown && e.Dead }), "the server read before it judged")
	d.end()
}

// Clients that are patient find the server as they left it.
func TestServerStoppedUnnoticed(t *testing.T) {
	each(t, 12, func(d *dialogue) {
		cl := quickClient
		cl.Conns, cl.Timeout, cl.DialTimeout = many, time.Minute, manyDial
		d.converse(quickServer, cl)
		d.idle()
		marks := d.marks()
		d.pause(stopped, func(time.Duration) {})
		d.idle()
		d.send(5, 0)
		d.settle()
		require.Zero(d.t, d.srv.count(marks[server], is(evDown)), "the server read before it judged")
		require.Zero(d.t, d.cl.count(marks[client], is(evDown)))
		d.end()
	})
}
