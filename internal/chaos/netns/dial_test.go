//go:build linux

package netns

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// Dials that nobody answers end when they are told to.
func TestDialIntoSilence(t *testing.T) {
	t.Parallel()
	const tolerance = 50 * time.Millisecond // of a busy machine
	n := newPair(t)
	srv := n.start(server, quickServer)
	srv.wait(0, 1, "listening", is(evListening))
	cl := n.start(client, settings{Role: "dial", Addr: addr, Interval: interval, Timeout: timeout})
	n.drop(server, dials)
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
		before, mark := n.dropped(server), cl.mark()
		cl.tell(c.cmd)
		e := cl.wait(mark, 1, c.name, is(evDialled))[0]
		t.Logf("%s: %v: %s", c.name, e.Took.Round(100*time.Microsecond), e.Err)
		require.Contains(t, e.Err, c.because)
		require.GreaterOrEqual(t, e.Took, c.min)
		require.LessOrEqual(t, e.Took, c.max+tolerance)
		require.Greater(t, n.dropped(server), before, "it was in the kernel's hands")
	}
	cl.quit()
	srv.quit()
}
