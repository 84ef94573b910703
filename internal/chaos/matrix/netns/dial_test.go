//go:build linux

package netns

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
)

// Dials that nobody answers end when they are told to.
func TestDialIntoSilence(t *testing.T) {
	each(t, 31, func(d *dialogue) {
		d.serve(quickServer)
		d.cl = d.start(client, settings{Role: "dial", Addr: addr, Interval: interval, Timeout: timeout})
		d.net.drop(server, dials)
		for _, c := range []struct {
			name    string
			cmd     command
			min     time.Duration
			max     time.Duration
			because string
		}{
			{"cancelled", command{Do: "dial", Cancel: 300 * time.Millisecond}, 0, 50 * time.Millisecond, "context canceled"},
			{"cancelled between attempts", command{Do: "dial", Cancel: 300 * time.Millisecond, Limit: 10 * time.Millisecond}, 0, 50 * time.Millisecond, "context canceled"},
			{"one attempt", command{Do: "dial", Attempts: 1, Limit: 300 * time.Millisecond}, 300 * time.Millisecond, 350 * time.Millisecond, "gave up"},
		} {
			before := d.net.dropped(server)
			took := d.dial(c.name, c.cmd, c.min, c.max, c.because)
			if c.cmd.Cancel == 0 {
				d.row.Detected(took)
			}
			require.Greater(d.t, d.net.dropped(server), before, "it was in the kernel's hands")
		}
		d.quit(d.cl, d.srv)
	})
}

// dial has a dial fail, in time.
func (d *dialogue) dial(name string, cmd command, least, most time.Duration, because string) time.Duration {
	d.t.Helper()
	marks := d.marks()
	d.cl.tell(cmd)
	e := d.cl.wait(marks[client], 1, name, is(evDialled))[0]
	d.t.Logf("%s: %v: %s", name, e.Took.Round(100*time.Microsecond), e.Err)
	require.Contains(d.t, e.Err, because)
	require.GreaterOrEqual(d.t, e.Took, least)
	require.LessOrEqual(d.t, e.Took, most+d.cl.late(marks[client]))
	return e.Took
}

// A server accepts and says nothing: at once, or once the transport is there.
func TestAcceptedInSilence(t *testing.T) {
	t.Parallel()
	const limit = 500 * time.Millisecond
	for name, deep := range map[string]bool{"the transport is silent": false, "the session is silent": true} {
		t.Run(name, func(t *testing.T) {
			each(t, 33, func(d *dialogue) {
				d.srv = d.start(server, settings{Role: "silent", Addr: addr, Deep: deep})
				d.srv.wait(0, 1, "listening", is(evListening))
				d.cl = d.start(client, settings{Role: "dial", Addr: addr, Interval: interval, Timeout: timeout, Handshake: limit})
				cmd := command{Do: "dial", Attempts: 1, Limit: 10 * time.Second}
				if !deep && d.over != stage.TCP {
					cmd.Limit = limit // what the transport does is part of the dial
				}
				d.row.Detected(d.dial("silence", cmd, limit, limit, "gave up"))
				d.quit(d.cl, d.srv)
			})
		})
	}
}
