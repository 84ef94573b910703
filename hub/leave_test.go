package hub

import (
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/chaos/row"
)

// A guarded member fails the test if an offer begins after its Leave has
// returned, or while another one is under way.
type guarded struct {
	t      *testing.T
	gone   atomic.Bool
	inside atomic.Bool
	offers atomic.Int64
	answer func(s *Sub[string]) Answer
}

func (m *guarded) Offer(s *Sub[string], _ string) Answer {
	if m.gone.Load() {
		m.t.Error("an offer began after Leave had returned")
	}
	if m.inside.Swap(true) {
		m.t.Error("two offers at once")
	}
	m.offers.Add(1)
	a := Taken
	if m.answer != nil {
		a = m.answer(s)
	}
	m.inside.Store(false)
	return a
}

func (m *guarded) leave(s *Sub[string]) {
	s.Leave()
	m.gone.Store(true)
	if m.inside.Load() {
		m.t.Error("an offer was under way when Leave returned")
	}
}

// Row 47 of the fault matrix.
func TestChurn(t *testing.T) {
	row.Of(t, 47, "")
	for _, members := range []int{1, 40} { // served by publishers, and by a goroutine
		t.Run(fmt.Sprint(members), func(t *testing.T) { churn(t, members) })
	}
}

func churn(t *testing.T, members int) {
	cfg := texts()
	cfg.Rooms = Room{Backlog: 16, History: 4, Grace: -1}
	h := New(cfg)
	stop := make(chan struct{})
	var all, publishers sync.WaitGroup
	var offers atomic.Int64
	for range 2 {
		publishers.Go(func() {
			for i := 0; ; i++ {
				select {
				case <-stop:
					return
				default:
					if _, err := h.Publish(t.Context(), fmt.Sprint(i%3), "x"); err != nil {
						t.Error(err)
						return
					}
				}
			}
		})
	}
	for g := range members {
		all.Go(func() {
			rng := rand.New(rand.NewPCG(uint64(g), 0))
			for range 4000 / (members + 3) {
				m := &guarded{t: t}
				switch rng.IntN(4) {
				case 0:
					m.answer = func(s *Sub[string]) Answer {
						s.Ready()
						return Answer(rng.IntN(4))
					}
				case 1: // leaves while it is offered something
					m.answer = func(s *Sub[string]) Answer {
						s.Leave()
						return Busy
					}
				}
				s, err := h.Join(t.Context(), fmt.Sprint(rng.IntN(3)), m, As(fmt.Sprint(rng.IntN(5))), Last(rng.IntN(6)))
				if err != nil {
					t.Error(err)
					return
				}
				s.Ready()
				m.leave(s)
				offers.Add(m.offers.Load())
			}
		})
	}
	all.Wait()
	close(stop)
	publishers.Wait()
	require.Positive(t, offers.Load())
	require.Zero(t, h.Stats().Members)
	for _, room := range h.Rooms() {
		require.Empty(t, h.Users(room))
	}
	require.NoError(t, h.Close())
}

func TestLeaveWaitsForTheOfferUnderWay(t *testing.T) {
	bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
		m, s := join(t, h, "r")
		hold := make(chan struct{})
		m.set(func(*Sub[string], string) Answer { <-hold; return Taken })
		go h.Publish(t.Context(), "r", "x")
		synctest.Wait()
		var left atomic.Int32
		for range 3 { // all of them wait
			go func() {
				s.Leave()
				left.Add(1)
			}()
		}
		synctest.Wait()
		require.Zero(t, left.Load())
		require.Zero(t, h.Stats().Members, "but the membership has ended")
		close(hold)
		synctest.Wait()
		require.EqualValues(t, 3, left.Load())
	})
}

func TestLeaveInsideAnOffer(t *testing.T) {
	bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
		a, sa := join(t, h, "r")
		b, sb := join(t, h, "r")
		elsewhere, se := join(t, h, "other")
		a.set(func(s *Sub[string], _ string) Answer {
			s.Leave() // its own
			sb.Leave()
			se.Leave()
			s.Leave()
			return Taken
		})
		publish(t, h, "r", "x")
		publish(t, h, "other", "y")
		publish(t, h, "r", "z")
		require.Equal(t, "[joined 1] x", a.String())
		require.Equal(t, "[joined 1]", b.String())
		require.Equal(t, "[joined 1]", elsewhere.String())
		for _, s := range []*Sub[string]{sa, sb, se} {
			<-s.Done()
			require.NoError(t, s.Err())
		}
	})
}

// Two members whose offers end each other's membership, in two rooms at once.
func TestOffersThatEndEachOther(t *testing.T) {
	for range 200 {
		h := New(texts())
		var subs [2]*Sub[string]
		var ready sync.WaitGroup
		ready.Add(1)
		for i := range subs {
			m := &reader{answer: func(_ *Sub[string], v string) Answer {
				if v == "x" {
					ready.Wait()
					subs[1-i].Leave()
				}
				return Taken
			}}
			s, err := h.Join(t.Context(), fmt.Sprint(i), m)
			require.NoError(t, err)
			subs[i] = s
		}
		var all sync.WaitGroup
		for i := range subs {
			all.Go(func() { _, _ = h.Publish(t.Context(), fmt.Sprint(i), "x") })
		}
		ready.Done()
		all.Wait()
		require.NoError(t, h.Close())
	}
}

// Gone ends the membership as Leave does.
func TestGone(t *testing.T) {
	cfg := with(Room{Grace: -1, Keep: time.Hour})
	bubble(t, cfg, func(t *testing.T, h *Hub[string]) {
		m, s := join(t, h, "r", As("ann"))
		publish(t, h, "r", "kept")
		time.Sleep(50 * time.Minute)
		m.set(func(*Sub[string], string) Answer { return Gone })
		publish(t, h, "r", "x")
		<-s.Done()
		require.NoError(t, s.Err())
		require.Empty(t, h.Users("r"))
		require.Zero(t, h.Stats().Members)
		s.Leave()
		time.Sleep(50 * time.Minute) // the room is kept from then on
		require.Equal(t, []string{"r"}, h.Rooms())
		time.Sleep(time.Hour)
		require.Empty(t, h.Rooms())
	})
}

func TestAPanicEndsTheMembershipAlone(t *testing.T) {
	for _, members := range []int{2, 20} {
		bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
			var others []*reader
			for range members {
				m, _ := join(t, h, "r")
				others = append(others, m)
			}
			bad := &reader{answer: func(_ *Sub[string], v string) Answer {
				if v == "x" {
					panic("no")
				}
				return Taken
			}}
			var told error
			s, err := h.Join(t.Context(), "r", bad, OnEnd(func(err error) { told = err }))
			require.NoError(t, err)
			publish(t, h, "r", "x", "y")
			var p *PanicError
			require.ErrorAs(t, s.Err(), &p)
			require.Equal(t, "no", p.Value)
			require.Contains(t, string(p.Stack), "leave_test.go")
			require.Equal(t, s.Err(), told)
			for _, m := range others {
				require.Equal(t, "[joined 1] x y", m.String())
			}
		})
	}
}
