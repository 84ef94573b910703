package main

import (
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// tiny is a race that is over in seconds.
func tiny() scale {
	return scale{
		time: 20 * time.Millisecond, settle: time.Millisecond, members: []int{5}, fanoutSizes: []int{128}, echoConns: []int{2},
		senders: []int{2}, streamSizes: []int{64}, idleConns: 10, idleFor: time.Millisecond,
		stormClients: 10, stormEvery: 50 * time.Millisecond, stormDown: 100 * time.Millisecond,
		growMembers: []int{2, 4}, growFixed: 4, growRooms: []int{1, 2}, growPublishers: []int{2}, growSizes: []int{16, 1 << 10},
	}
}

func TestATinyRace(t *testing.T) {
	p := &plan{works: works, peers: []*peer{floorPeer, longsplicePeer, gorillaPeer}, rounds: 1, scale: tiny(), log: io.Discard}
	out := p.run(t.Context())
	require.False(t, out.Stopped)
	require.Empty(t, out.broken())
	require.Empty(t, out.failures())
	seen := make(map[string]bool)
	for _, c := range out.Cases {
		seen[c.Work] = true
		for _, pr := range p.peers {
			row := c.Peers[pr.name]
			require.NotNil(t, row, "%s: %s", c.name(), pr.name)
			require.Len(t, row.Values, 1, "%s: %s", c.name(), pr.name)
			for _, v := range row.Values {
				require.Len(t, v, len(c.work.figures))
				if c.Work != "idle" { // ten connections may fit what the process has already
					require.Positive(t, v[0], "%s: %s", c.name(), pr.name)
				}
			}
		}
	}
	require.Len(t, seen, len(works))
	require.NoError(t, out.print(io.Discard))
}

func TestARaceThatIsInterruptedSaysSo(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	s := tiny()
	s.time = time.Hour
	log := &cancelling{cancel: cancel}
	out := (&plan{works: works, peers: peers[:1], rounds: 1, scale: s, log: log}).run(ctx)
	require.True(t, out.Stopped)
	require.ErrorContains(t, out.verdict(), "stopped")
	var b strings.Builder
	require.NoError(t, out.print(&b))
	require.Contains(t, b.String(), "Stopped before it was done.")
}

// A cancelling log cancels at the first line.
type cancelling struct{ cancel context.CancelFunc }

func (c *cancelling) Write(p []byte) (int, error) {
	c.cancel()
	return len(p), nil
}

func TestAProfileIsWrittenForEachCaseAndPeer(t *testing.T) {
	s := tiny()
	s.profiles = t.TempDir()
	p := &plan{works: []*work{echoWork, idleWork}, peers: []*peer{floorPeer, hubPeer}, rounds: 1, scale: s, log: io.Discard}
	require.Empty(t, p.run(t.Context()).failures())
	for _, name := range []string{
		"echo-2-connections-floor.cpu.pprof", "idle-10-connections-floor.heap.pprof", "idle-10-connections-longsplice-hub.heap.pprof",
	} {
		profile, err := os.ReadFile(filepath.Join(s.profiles, name))
		require.NoError(t, err)
		require.NotEmpty(t, profile, name)
	}
}
