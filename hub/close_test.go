package hub

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCloseEndsEverything(t *testing.T) {
	bubble(t, with(Room{Backlog: 16, History: -1, Policy: Disconnect, Grace: -1}), func(t *testing.T, h *Hub[string]) {
		var ended []error
		var subs []*Sub[string]
		for i := range 30 {
			m := &reader{}
			s, err := h.Join(t.Context(), fmt.Sprint(i%2), m, As(fmt.Sprint(i)), OnEnd(func(err error) { ended = append(ended, err) }))
			require.NoError(t, err)
			if i%3 == 0 {
				synctest.Wait()
				m.set(busy)
			}
			subs = append(subs, s)
		}
		publish(t, h, "0", "x")
		publish(t, h, "1", "x")
		require.NoError(t, h.Close())
		require.NoError(t, h.Close())
		require.Len(t, ended, 30)
		for _, s := range subs {
			<-s.Done()
			require.ErrorIs(t, s.Err(), ErrClosed)
			s.Ready()
			s.Leave()
		}
		require.Empty(t, h.Rooms())
		require.Zero(t, h.bytes.Load())
		_, err := h.Publish(t.Context(), "0", "x")
		require.ErrorIs(t, err, ErrClosed)
		_, err = h.Join(t.Context(), "0", &reader{})
		require.ErrorIs(t, err, ErrClosed)
		require.ErrorIs(t, h.Signal(t.Context(), "0", "x"), ErrClosed)
	})
}

func TestCloseWaitsForOffers(t *testing.T) {
	for _, members := range []int{1, 20} {
		bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
			var m *reader
			for range members {
				m, _ = join(t, h, "r")
			}
			hold := make(chan struct{})
			m.set(func(*Sub[string], string) Answer { <-hold; return Taken })
			go h.Publish(t.Context(), "r", "x")
			synctest.Wait()
			var closed atomic.Bool
			go func() {
				_ = h.Close()
				closed.Store(true)
			}()
			synctest.Wait()
			require.False(t, closed.Load())
			close(hold)
			synctest.Wait()
			require.True(t, closed.Load())
		})
	}
}

func TestCloseInsideAnOffer(t *testing.T) {
	for _, members := range []int{1, 20} {
		bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
			var m *reader
			for range members {
				m, _ = join(t, h, "r")
			}
			m.set(func(s *Sub[string], _ string) Answer {
				require.NoError(t, h.Close())
				return Taken
			})
			publish(t, h, "r", "x")
			require.Empty(t, h.Rooms())
		})
	}
}

// Close ends those who wait to publish.
func TestCloseWhilePublishersWait(t *testing.T) {
	bubble(t, with(Room{Backlog: 16, History: -1, Policy: Block, Block: time.Hour}), func(t *testing.T, h *Hub[string]) {
		m, _ := join(t, h, "r")
		m.set(busy)
		for range 16 {
			publish(t, h, "r", "x")
		}
		errs := make(chan error, 1)
		go func() {
			_, err := h.Publish(t.Context(), "r", "x")
			errs <- err
		}()
		synctest.Wait()
		require.NoError(t, h.Close())
		require.ErrorIs(t, <-errs, ErrClosed)
	})
}

func TestCloseWhileEverythingIsUnderWay(t *testing.T) {
	for round := range 100 {
		cfg := with(Room{Backlog: 16, History: 4, Policy: Policy(round % 4), Block: time.Millisecond, Grace: -1})
		h := New(cfg)
		var all sync.WaitGroup
		var closed atomic.Bool
		for g := range 6 {
			all.Go(func() {
				for i := 0; ; i++ {
					room := fmt.Sprint(i % 3)
					m := &guarded{t: t}
					m.answer = func(s *Sub[string]) Answer {
						if closed.Load() {
							t.Error("an offer began after Close had returned")
						}
						return Answer(i % 3)
					}
					s, err := h.Join(context.Background(), room, m, As(fmt.Sprint(g)))
					if err == nil {
						_, err = h.Publish(context.Background(), room, "x")
						s.Ready()
						if i%2 == 0 {
							m.leave(s)
						}
					}
					if errors.Is(err, ErrClosed) {
						return
					}
				}
			})
		}
		time.AfterFunc(time.Millisecond, func() {
			_ = h.Close()
			closed.Store(true)
		})
		all.Wait()
		require.NoError(t, h.Close())
		require.Zero(t, h.Stats().Members)
		require.Zero(t, h.bytes.Load())
		require.Zero(t, h.rooms.Load())
	}
}
