package hub

import (
	"fmt"
	"runtime"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestARoomIsDroppedWhenNobodyNeedsIt(t *testing.T) {
	bubble(t, with(Room{Keep: time.Minute, Grace: 10 * time.Second}), func(t *testing.T, h *Hub[string]) {
		_, s := join(t, h, "quiet", As("ann"))
		s.Leave()
		require.Equal(t, []string{"quiet"}, h.Rooms(), "ann may come back")
		time.Sleep(11 * time.Second)
		require.Empty(t, h.Rooms())

		first, err := h.Publish(t.Context(), "r", "a")
		require.NoError(t, err)
		time.Sleep(50 * time.Second)
		publish(t, h, "r", "b") // from now on it is kept a minute again
		time.Sleep(50 * time.Second)
		m, s := join(t, h, "r", From(first))
		require.Equal(t, "[joined 1] a b", m.String())
		time.Sleep(time.Hour)
		require.Equal(t, []string{"r"}, h.Rooms())
		s.Leave()
		time.Sleep(59 * time.Second)
		require.Equal(t, []string{"r"}, h.Rooms())
		time.Sleep(2 * time.Second)
		require.Empty(t, h.Rooms())
		_, ok := h.RoomStats("r")
		require.False(t, ok)

		// Another one of the name has another epoch, and says so.
		publish(t, h, "r", "c")
		m, _ = join(t, h, "r", From(first))
		require.Equal(t, "[joined 1] [gap 1-1] c", m.String())
		stats := h.Stats()
		require.EqualValues(t, 3, stats.Published)
		require.EqualValues(t, 3, stats.Delivered)
		require.EqualValues(t, 1, stats.Gaps)
		require.Equal(t, 1, stats.Bytes)
	})
}

func TestKeepNothing(t *testing.T) {
	cfg := with(Room{Keep: -1})
	cfg.Personal.Keep = -1
	bubble(t, cfg, func(t *testing.T, h *Hub[string]) {
		publish(t, h, "r", "a")
		publish(t, h, Personal("ann"), "a")
		time.Sleep(time.Nanosecond)
		synctest.Wait()
		require.Empty(t, h.Rooms())
	})
}

// Rooms come and go while members join and leave: no one is left in a room that
// is no more.
func TestRoomsComeAndGo(t *testing.T) {
	cfg := with(Room{History: -1, Grace: -1, Keep: -1})
	h := New(cfg)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 500 {
				room := fmt.Sprint(i % 2)
				got := make(chan string, 100)
				m := MemberFunc[string](func(_ *Sub[string], v string) Answer {
					select {
					case got <- v:
					default:
					}
					return Taken
				})
				s, err := h.Join(t.Context(), room, m)
				if err != nil {
					t.Error(err)
					return
				}
				if _, err := h.Publish(t.Context(), room, fmt.Sprint(g)); err != nil {
					t.Error(err)
				}
				if joined := <-got; joined[0] != '[' {
					t.Errorf("first was %q", joined)
				}
				<-got // a member of the room that was published in
				s.Leave()
			}
		})
	}
	all.Wait()
	require.Eventually(t, func() bool { return len(h.Rooms()) == 0 }, 5*time.Second, time.Millisecond)
	require.Zero(t, h.rooms.Load())
	require.Zero(t, h.bytes.Load())
	require.EqualValues(t, 8*500, h.Stats().Published)
	require.NoError(t, h.Close())
}

// What came while its owner was away is there on return.
func TestPersonalRoom(t *testing.T) {
	bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
		box := Personal("ann")
		_, err := h.Join(t.Context(), box, &reader{}, As("eve"))
		require.ErrorIs(t, err, ErrNotOwner)
		_, err = h.Join(t.Context(), box, &reader{})
		require.ErrorIs(t, err, ErrNotOwner)
		require.Empty(t, h.Rooms())

		publish(t, h, box, "before the first visit")
		m, s := join(t, h, box, As("ann"), From(Position{}))
		publish(t, h, box, "while there")
		s.Leave()
		at := s.Position()
		time.Sleep(20 * time.Hour)
		publish(t, h, box, "while away")
		time.Sleep(20 * time.Hour)
		require.Equal(t, "[joined 1] before the first visit while there", m.String())
		m, s = join(t, h, box, As("ann"), From(at))
		require.Equal(t, "[joined 3] while away", m.String())
		s.Leave()
		time.Sleep(25 * time.Hour)
		require.Empty(t, h.Rooms())
	})
}

func TestRoomOf(t *testing.T) {
	asked := 0
	cfg := texts()
	cfg.RoomOf = func(name string) Room {
		asked++
		return Room{History: len(name)}
	}
	bubble(t, cfg, func(t *testing.T, h *Hub[string]) {
		publish(t, h, "abc", "1", "2", "3", "4", "5")
		require.Equal(t, 1, asked)
		vs, first := h.History("abc", Position{}, 10)
		require.Equal(t, []string{"3", "4", "5"}, vs)
		require.EqualValues(t, 3, first.Offset)
		vs, next := h.History("abc", first, 0)
		require.Empty(t, vs)
		require.EqualValues(t, 6, next.Offset)
		vs, first = h.History("nowhere", Position{}, 10)
		require.Empty(t, vs)
		require.Zero(t, first)
		publish(t, h, Personal("a"), "1") // which is kept a day nevertheless
		time.Sleep(23 * time.Hour)
		require.Equal(t, []string{"user:a"}, h.Rooms())
	})
}

// A room that is about to be dropped sets no timer that is due at once, however
// long the drop has to wait.
func TestARoomThatIsToBeDroppedWaitsQuietly(t *testing.T) {
	h := New(texts())
	defer h.Close()
	s, err := h.Join(t.Context(), "r", &reader{})
	require.NoError(t, err)
	shard := h.shard("r")
	shard.mu.Lock() // so that nothing can be dropped
	s.Leave()
	goroutines := runtime.NumGoroutine()
	require.Never(t, func() bool { return runtime.NumGoroutine() > goroutines+20 }, 50*time.Millisecond, 5*time.Millisecond)
	shard.mu.Unlock()
	require.Eventually(t, func() bool { return len(h.Rooms()) == 0 }, 5*time.Second, time.Millisecond)
}

// A hub of many rooms that are no more is as small as a new one.
func TestNoMemoryIsLeft(t *testing.T) {
	if testing.Short() {
		t.Skip("takes a second")
	}
	cfg := texts()
	cfg.Rooms = Room{Keep: -1, Grace: -1}
	h := New(cfg)
	use := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := use()
	for i := range 20_000 {
		room := fmt.Sprint("room", i)
		s, err := h.Join(t.Context(), room, &reader{}, As("ann"))
		require.NoError(t, err)
		_, err = h.Publish(t.Context(), room, "hello")
		require.NoError(t, err)
		s.Leave()
	}
	require.Eventually(t, func() bool { return len(h.Rooms()) == 0 }, 10*time.Second, time.Millisecond)
	require.Less(t, use(), before+4<<20)
	require.NoError(t, h.Close())
}
