package hub

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// The order is the same for all members, and that of the positions.
func TestOneOrderForAll(t *testing.T) {
	cfg := texts()
	cfg.Rooms = Room{Backlog: 64, History: 10}
	h := New(cfg)
	var members []*reader
	for range 20 {
		m := &reader{}
		_, err := h.Join(t.Context(), "r", m)
		require.NoError(t, err)
		members = append(members, m)
	}
	const each = 500
	at := make([]string, 4*each+1)
	var all sync.WaitGroup
	for g := range 4 {
		all.Go(func() {
			for i := range each {
				v := fmt.Sprintf("%d.%d", g, i)
				p, err := h.Publish(t.Context(), "r", v)
				if err != nil {
					t.Error(err)
					return
				}
				at[p.Offset] = v
			}
		})
	}
	all.Wait()
	want := "[joined 1]" + strings.Join(at, " ")
	for _, m := range members {
		require.Eventually(t, func() bool { return len(m.String()) >= len(want) }, 10*time.Second, time.Millisecond)
		require.Equal(t, want, m.String(), "members who keep up lose nothing, however fast others publish")
	}
	stats := h.Stats()
	require.EqualValues(t, 4*each, stats.Published)
	require.EqualValues(t, 4*each*20, stats.Delivered)
	require.NoError(t, h.Close())
}

// An echo: each offer publishes, to its own room and to others.
func TestPublishInsideAnOffer(t *testing.T) {
	for _, members := range []int{1, 3, 10} {
		bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
			var got []*reader
			for i := range members {
				m, _ := join(t, h, "a")
				got = append(got, m)
				if i > 0 {
					continue
				}
				m.set(func(s *Sub[string], v string) Answer {
					for _, w := range strings.Fields(v) {
						if n := len(w); w[0] == 'x' && n < 10 {
							_, err := h.Publish(t.Context(), "a", w+"x")
							require.NoError(t, err)
							_, err = h.Publish(t.Context(), "b", w)
							require.NoError(t, err)
						}
					}
					return Taken
				})
			}
			b, _ := join(t, h, "b")
			publish(t, h, "a", "x")
			for _, m := range got {
				require.Equal(t, "[joined 1] x xx xxx xxxx xxxxx xxxxxx xxxxxxx xxxxxxxx xxxxxxxxx xxxxxxxxxx", m.String())
			}
			require.Equal(t, "[joined 1] x xx xxx xxxx xxxxx xxxxxx xxxxxxx xxxxxxxx xxxxxxxxx", b.String())
		})
	}
}

// Two rooms that feed each other, for as long as they may.
func TestPublishInALoopOfRooms(t *testing.T) {
	bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
		n := 0
		for _, room := range []string{"a", "b"} {
			m := &reader{answer: func(s *Sub[string], v string) Answer {
				if n++; v[0] == 'x' && n < 10_000 {
					other := map[string]string{"a": "b", "b": "a"}[s.Room()]
					_, err := h.Publish(t.Context(), other, v)
					require.NoError(t, err)
				}
				return Taken
			}}
			_, err := h.Join(t.Context(), room, m)
			require.NoError(t, err)
		}
		publish(t, h, "a", "x")
		require.Equal(t, 10_000, n)
	})
}

// An offer cannot wait for the sweep that it is part of.
func TestPublishInsideAnOfferDoesNotWait(t *testing.T) {
	bubble(t, with(Room{Backlog: 16, History: -1}), func(t *testing.T, h *Hub[string]) {
		var errs []error
		m, _ := join(t, h, "r")
		m.set(func(s *Sub[string], v string) Answer {
			if v == "go" {
				for i := range 30 {
					_, err := h.Publish(t.Context(), "r", fmt.Sprint(i))
					errs = append(errs, err)
				}
			}
			return Taken
		})
		publish(t, h, "r", "go")
		require.Len(t, errs, 30)
		require.NoError(t, errs[10])
		require.ErrorIs(t, errs[29], ErrBusy)
		require.NotContains(t, m.String(), "gap")
	})
}

// Publishers outrun a member that keeps up but takes its time: they wait, for as
// long as their contexts allow, and it loses nothing.
func TestPublishersWaitForTheSweep(t *testing.T) {
	bubble(t, with(Room{Backlog: 16, History: -1}), func(t *testing.T, h *Hub[string]) {
		for range inline {
			join(t, h, "r") // so that a goroutine serves them
		}
		m, _ := join(t, h, "r")
		hold := make(chan struct{})
		m.set(func(*Sub[string], string) Answer { <-hold; return Taken })
		for i := range 16 {
			publish(t, h, "r", fmt.Sprint(i)) // the first is being offered
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		start := time.Now()
		_, err := h.Publish(ctx, "r", "never")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.Equal(t, time.Second, time.Since(start))
		go h.Publish(t.Context(), "r", "16")
		synctest.Wait()
		close(hold)
		synctest.Wait()
		require.Equal(t, "[joined 1] 0 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16", m.String())
	})
}

// Whoever publishes serves few members for a while, and not for ever.
func TestAPublisherIsNotKept(t *testing.T) {
	h := New(texts())
	m := &reader{}
	m.answer = func(*Sub[string], string) Answer {
		_, _ = h.Publish(t.Context(), "r", "x") // there is always more
		return Taken
	}
	_, err := h.Join(t.Context(), "r", m)
	require.NoError(t, err)
	for range 10 {
		_, err := h.Publish(t.Context(), "r", "x")
		require.NoError(t, err)
	}
	require.NoError(t, h.Close())
}

func TestReadyBeforeOfferHasReturned(t *testing.T) {
	bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
		m, s := join(t, h, "r")
		n := 0
		m.set(func(s *Sub[string], _ string) Answer {
			if n++; n%2 == 1 {
				s.Ready()
				return Busy
			}
			return Taken
		})
		publish(t, h, "r", "a", "b", "c")
		require.Equal(t, "[joined 1] a b c", m.String())
		require.Zero(t, s.Lag())
	})
}

func TestMembersThatTakeLittleAtOnce(t *testing.T) {
	bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
		m, s := join(t, h, "r")
		m.set(busy)
		publish(t, h, "r", "a", "bb", "LARGE", "c", "d")
		m.set(func(_ *Sub[string], v string) Answer {
			if len(v) > 2 && v[0] != '[' {
				return TooLarge
			}
			return Taken
		})
		s.Ready()
		synctest.Wait()
		require.Equal(t, "[joined 1] a bb [gap 3-4] c d", m.String())
	})
}

// nats-server #2631, #5394, #6413: one who is slow delays everyone.
func TestOneSlowMemberDelaysNobody(t *testing.T) {
	bubble(t, with(Room{Backlog: 16}), func(t *testing.T, h *Hub[string]) {
		var all []*reader
		for range 200 {
			m, _ := join(t, h, "r")
			all = append(all, m)
		}
		for _, m := range all[:100] {
			m.set(busy)
		}
		start := time.Now()
		for i := range 1000 {
			publish(t, h, "r", fmt.Sprint(i))
		}
		require.Zero(t, time.Since(start))
		require.EqualValues(t, 100, h.Stats().Refused, "and costs nothing while it is not ready")
		for _, m := range all[100:] {
			require.Len(t, strings.Fields(m.String()), 1002)
		}
	})
}
