package hub

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// Publishers wait for a pump that has been started and does not run yet. Once it
// does, and finds nobody left to serve, they need not wait any longer.
func TestNobodyWaitsForAPumpThatFindsNobody(t *testing.T) {
	bubble(t, Config[string]{Rooms: Room{History: 16, Backlog: 16}}, func(t *testing.T, h *Hub[string]) {
		_, s := join(t, h, "r")
		r := h.find("r")
		r.mu.Lock()
		r.pumping = true // by a goroutine that gets its turn later
		r.mu.Unlock()
		for range 16 {
			publish(t, h, "r", "a")
		}
		published := make(chan error, 1)
		go func() {
			_, err := h.Publish(context.Background(), "r", "b")
			published <- err
		}()
		synctest.Wait()
		require.Empty(t, published, "the room is clogged")
		s.Leave()
		synctest.Wait()
		require.Empty(t, published, "the pump has not run")
		start := time.Now()
		r.pump(math.MaxInt)
		require.NoError(t, <-published)
		require.Zero(t, time.Since(start), "it has waited for the room to be dropped")
	})
}
