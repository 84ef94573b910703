package hubconn_test

import (
	"math"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/hub"
)

// Row 46 of the fault matrix: slow readers hold up to a send buffer each, and share what they
// hold: 10,000 of them, each with 64 KiB of the same messages, take less than a
// quarter of what it would be if it were their own. Members who read lose nothing.
func TestTenThousandSlowReaders(t *testing.T) {
	readers := slowReaders
	const buffer, size, healthy = 64 << 10, 1000, 3
	still := &heartbeat.Config{Interval: -1}
	h := newHouse(t, hub.Room{Backlog: 100, History: 100},
		conn.Config{SendBuffer: buffer, WriteTimeout: -1, Heartbeat: still}, 512)
	var dials sync.WaitGroup
	for range 50 {
		dials.Go(func() {
			for range readers / 50 {
				h.dial(conn.Config{Window: 4 << 10, Heartbeat: still})
			}
		})
	}
	dials.Wait()
	var good []*conn.Conn
	for range healthy {
		c, _ := h.dial(conn.Config{Heartbeat: still})
		h.expect(c, "notice 1 0-1")
		good = append(good, c)
	}
	before := heap()
	msg := strings.Repeat("x", size)
	for range 300 {
		h.publish(msg)
		for _, c := range good {
			h.expect(c, msg)
		}
	}
	require.Eventually(t, func() bool { return h.hub.Stats().Refused >= uint64(readers) }, 60*time.Second, 10*time.Millisecond)
	grown := heap() - before
	t.Logf("%d slow readers: %d bytes each", readers, grown/readers)
	require.Less(t, grown, readers*buffer/slowPart)
}

// heap is what is in use, once what is on its way to be let go of has gone.
func heap() int {
	var m runtime.MemStats
	for least, same := math.MaxInt, 0; ; {
		runtime.GC()
		runtime.ReadMemStats(&m)
		switch n := int(m.HeapAlloc); {
		case n < least-least/100:
			least, same = n, 0
		case same == 10:
			return least
		default:
			least = min(least, n)
			same++
		}
	}
}
