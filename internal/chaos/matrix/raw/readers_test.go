package raw

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// Row 46 of the fault matrix. Ten thousand members of a room, in a process of their own, read
// nothing. What they hold is bounded in all, and members who read lose nothing.
func TestSlowReaders(t *testing.T) {
	stage.Each(t, 46, func(t *testing.T, over stage.Over, r *row.Row) {
		const (
			buffer  = 64 << 10 // SendBuffer
			size    = 1000
			healthy = 3
		)
		n := slowReaders
		if over != stage.TCP {
			n /= 10 // their kernel's part is the same, and their handshakes are dear
		}
		r.Alone(t)
		still := &heartbeat.Config{Interval: -1}
		h := open(t, over, listen(t, 16<<10), conn.Config{SendBuffer: buffer, WriteTimeout: -1, Heartbeat: still,
			MaxHandshakesPerIP: -1, HandshakeTimeout: time.Minute}, hub.Room{Backlog: 100, History: 100}, healthy)
		before := held()
		readers(t, h.server, n)
		for range n {
			<-h.sessions
		}
		joined := held()
		began := time.Now()
		refused := h.hub.Stats().Refused
		for h.said < 150 {
			h.publish(size)
			h.heard() // so that slow members are offered each by itself
		}
		settled(t, func() bool { return h.hub.Stats().Refused-refused >= uint64(n) }, "all are behind")
		grown := held() - before
		// What each session takes beside its messages, once what the room keeps,
		// and runs of it that members share.
		limit := int64(n)*liveCost + int64(n)*buffer/4
		require.Less(t, grown, limit)
		r.Memory(grown)
		r.Note("%d readers: %d bytes each, %d of them for what they have not read; cap %d; %v a message",
			n, grown/int64(n), (grown-(joined-before))/int64(n), limit/int64(n),
			(time.Since(began) / time.Duration(h.said)).Round(time.Millisecond))
		h.books(r)
	})
}
