package main

import (
	"context"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/heartbeat"
)

// BenchmarkHeartbeat is what it costs to watch an idle link for one interval: the
// processor time of both ends, which are in this process, with a ping and its
// answer. The server's session is woken from its parking for it.
func BenchmarkHeartbeat(b *testing.B) {
	const links = 2_000
	const interval = 4 * time.Second
	cfg := &conn.Config{Heartbeat: &heartbeat.Config{Interval: interval, Timeout: time.Minute}}
	s, err := serveLongsplice("127.0.0.1:0", func([]byte, sender) error { return nil })
	require.NoError(b, err)
	defer s.Close()
	err = inParallel(16, links, func(int) error {
		c, err := dialLongsplice(b.Context(), target{addr: s.Addr(), receive: func(client, []byte) {}}, cfg)
		if err == nil {
			b.Cleanup(func() { c.Close() })
		}
		return err
	})
	require.NoError(b, err)
	require.NoError(b, sleep(context.Background(), 2*interval)) // until all are parked, and pings are spread
	var took time.Duration
	for b.Loop() {
		before, err := cpuTime(os.Getpid())
		require.NoError(b, err)
		require.NoError(b, sleep(context.Background(), interval))
		after, err := cpuTime(os.Getpid())
		require.NoError(b, err)
		took += after - before
	}
	b.ReportMetric(micros(took)/float64(b.N)/links, "µs/link")
	b.ReportMetric(0, "ns/op")
}
