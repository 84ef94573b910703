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
)

// pause stops the server for a while that is longer than every timeout.
func (d *dialogue) pause(meanwhile func(from time.Duration)) {
	d.t.Helper()
	from := d.srv.signal(syscall.SIGSTOP)
	end := time.NewTimer(stopped) // how long it lasts is the case
	defer end.Stop()
	meanwhile(from)
	<-end.C
	d.srv.signal(syscall.SIGCONT)
}

// A stopped server's kernel goes on accepting. The clients find out all the
// same, and their attempts to resume wait for the server, stale ones among
// them, when it goes on.
func TestServerStopped(t *testing.T) {
	t.Parallel()
	cl := quickClient
	cl.Conns = many
	d := converse(t, quickServer, cl)
	d.idle()
	marks := d.marks()
	d.pause(func(from time.Duration) {
		noticed := map[int]time.Duration{}
		d.cl.wait(marks[client], many, "clients that notice", func(e event) bool {
			if _, known := noticed[e.Conn]; known || !phase("reconnecting")(e) {
				return false
			}
			noticed[e.Conn] = e.At - from
			return true
		})
		took := slices.Sorted(maps.Values(noticed))
		t.Logf("noticed by the clients after %v to %v, nine in ten by %v", took[0].Round(time.Millisecond),
			took[many-1].Round(time.Millisecond), took[many*9/10].Round(time.Millisecond))
		limit := timeout + interval + d.excuse(marks)
		require.LessOrEqual(t, took[many*9/10], limit)
		// A thread that the machine did not run may have taken a few of so many
		// timers with it; those allow an answer's time before they judge.
		require.LessOrEqual(t, took[many-1], limit+timeout-interval)
	})
	cont := machineClock()
	resumed := map[int]time.Duration{}
	d.cl.wait(marks[client], many, "clients that resume", func(e event) bool {
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
	t.Parallel()
	cl := quickClient
	cl.Conns, cl.Timeout = many, time.Minute
	d := converse(t, quickServer, cl)
	d.idle()
	marks := d.marks()
	d.pause(func(time.Duration) {})
	d.idle()
	d.send(5, 0)
	d.settle()
	require.Zero(t, d.srv.count(marks[server], is(evDown)), "the server read before it judged")
	require.Zero(t, d.cl.count(marks[client], is(evDown)))
	d.end()
}
