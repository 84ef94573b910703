package hub

import (
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func requireLimit(t *testing.T, err error, limit string, got, most int) {
	t.Helper()
	var e *LimitError
	require.ErrorAs(t, err, &e)
	require.Equal(t, LimitError{limit, got, most}, *e)
}

func TestLimits(t *testing.T) {
	cfg := texts()
	cfg.MaxRooms, cfg.MaxMembers, cfg.MaxName, cfg.Rooms.Bytes = 2, 2, 5, 10
	bubble(t, cfg, func(t *testing.T, h *Hub[string]) {
		_, err := h.Publish(t.Context(), "123456", "x")
		requireLimit(t, err, "MaxName", 6, 5)
		requireLimit(t, h.Signal(t.Context(), "123456", "x"), "MaxName", 6, 5)
		requireLimit(t, h.SendTo(t.Context(), "123456", "u", "x"), "MaxName", 6, 5)
		_, err = h.Join(t.Context(), "123456", &reader{})
		requireLimit(t, err, "MaxName", 6, 5)
		_, err = h.Join(t.Context(), "a", &reader{}, As("somebody"))
		requireLimit(t, err, "MaxName", 8, 5)

		_, sub := join(t, h, "a")
		join(t, h, "a")
		_, err = h.Join(t.Context(), "a", &reader{})
		requireLimit(t, err, "MaxMembers", 3, 2)
		sub.Leave()
		join(t, h, "a")

		publish(t, h, "b", "x")
		_, err = h.Publish(t.Context(), "c", "x")
		requireLimit(t, err, "MaxRooms", 3, 2)
		_, err = h.Join(t.Context(), "c", &reader{})
		requireLimit(t, err, "MaxRooms", 3, 2)
		require.NoError(t, h.Signal(t.Context(), "c", "nobody is there"))
		require.Equal(t, []string{"a", "b"}, h.Rooms())

		_, err = h.Publish(t.Context(), "a", "12345678901")
		requireLimit(t, err, "Bytes", 11, 10)
		publish(t, h, "a", "1234567890")
		require.Equal(t, 11, h.Stats().Bytes)
	})
}

// The memory of all rooms together is bounded. A room that needs more gives up
// its own history, and where that is not enough nothing is published.
func TestMaxBytes(t *testing.T) {
	cfg := texts()
	cfg.MaxBytes, cfg.Rooms.Keep = 100, time.Hour
	bubble(t, cfg, func(t *testing.T, h *Hub[string]) {
		ten := strings.Repeat("x", 10)
		for range 8 {
			publish(t, h, "a", ten)
		}
		publish(t, h, "b", ten, ten)
		publish(t, h, "b", ten) // which gives up one of its own
		require.Equal(t, 100, h.Stats().Bytes)
		_, err := h.Publish(t.Context(), "c", ten)
		requireLimit(t, err, "MaxBytes", 110, 100)
		_, err = h.Publish(t.Context(), "b", strings.Repeat("x", 30))
		requireLimit(t, err, "MaxBytes", 130, 100)
		stats, _ := h.RoomStats("b")
		require.Equal(t, 2, stats.Values, "it was in vain, so nothing was given up")
		require.Equal(t, 100, int(h.bytes.Load()))

		time.Sleep(2 * time.Hour) // all rooms are dropped, and what they took is free
		require.Empty(t, h.Rooms())
		require.Zero(t, h.bytes.Load())
		publish(t, h, "c", strings.Repeat("x", 100))
	})
}

func TestMaxBytesWithManyPublishers(t *testing.T) {
	cfg := texts()
	cfg.MaxBytes, cfg.Rooms.Backlog = 5000, 16
	h := New(cfg)
	defer h.Close()
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 500 {
				room := fmt.Sprint("r", (g+i)%20)
				_, _ = h.Publish(t.Context(), room, strings.Repeat("x", 1+i%100))
				if n := h.bytes.Load(); n > 5000+8*100 {
					t.Errorf("%d bytes", n)
				}
				if i%10 == 0 {
					sub, err := h.Join(t.Context(), room, &reader{}, As("u"))
					if err == nil {
						defer sub.Leave()
					}
				}
			}
		})
	}
	all.Wait()
	require.LessOrEqual(t, h.Stats().Bytes, 5000)
	require.EqualValues(t, h.Stats().Bytes, h.bytes.Load())
}

func TestNegativeSizesCountAsNone(t *testing.T) {
	cfg := texts()
	cfg.MaxBytes, cfg.Size = 100, func(s string) int { return len(s) - 10 }
	bubble(t, cfg, func(t *testing.T, h *Hub[string]) {
		publish(t, h, "a", "", "", strings.Repeat("x", 110))
		require.Equal(t, 100, h.Stats().Bytes)
		_, err := h.Publish(t.Context(), "b", strings.Repeat("x", 11))
		requireLimit(t, err, "MaxBytes", 101, 100)
	})
}
