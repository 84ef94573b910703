package hub

import (
	"context"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

// What is called by the hub may call the hub, and may panic: no room is held up
// by it, and Close returns.

func TestOnEndMayLeave(t *testing.T) {
	bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
		var subs []*Sub[string]
		ended := make(chan error, 10)
		for i := range 10 {
			member := MemberFunc[string](func(_ *Sub[string], v string) Answer {
				if i == 3 && v == "boom" {
					panic("x")
				}
				return Taken
			})
			s, err := h.Join(t.Context(), "r", member, OnEnd(func(err error) {
				for _, s := range subs {
					s.Leave()
				}
				ended <- err
			}))
			require.NoError(t, err)
			subs = append(subs, s)
		}
		synctest.Wait()
		publish(t, h, "r", "boom")
		var panicked *PanicError
		require.ErrorAs(t, <-ended, &panicked)
		require.Zero(t, h.Stats().Members)
	})
}

func TestOnEndMayPublishInAFullRoom(t *testing.T) {
	cfg := texts()
	cfg.Rooms = Room{Policy: Disconnect, Backlog: 16, History: 1, Bytes: 100}
	bubble(t, cfg, func(t *testing.T, h *Hub[string]) {
		big := strings.Repeat("x", 60)
		join(t, h, "r")
		slow := &reader{}
		slow.answer = busy
		published := make(chan error, 1)
		_, err := h.Join(t.Context(), "r", slow, OnEnd(func(error) {
			_, err := h.Publish(context.Background(), "r", big)
			published <- err
		}))
		require.NoError(t, err)
		for range 10 {
			publish(t, h, "r", big)
		}
		require.NoError(t, <-published)
	})
}

func TestANoticeMayLeave(t *testing.T) {
	cfg := texts()
	var ann *Sub[string]
	plain := cfg.Notice
	cfg.Notice = func(n Notice) string {
		if n.Kind == Present && n.User == "bob" {
			ann.Leave()
		}
		return plain(n)
	}
	bubble(t, cfg, func(t *testing.T, h *Hub[string]) {
		_, ann = join(t, h, "r", As("ann"))
		join(t, h, "r", As("bob"))
		synctest.Wait()
		require.Equal(t, 1, h.Stats().Members)
	})
}

// Of what cannot be rendered nothing is offered to anybody, and it is nobody's
// later: also not where the same value was for several steps of a sweep.
func TestANoticeThatPanicsEndsWhomItWasFor(t *testing.T) {
	cfg := texts()
	var bad bool
	cfg.Notice = func(n Notice) string {
		if bad && n.Kind == Present {
			panic("x")
		}
		return "n"
	}
	bubble(t, cfg, func(t *testing.T, h *Hub[string]) {
		var subs []*Sub[string]
		for range 200 {
			_, s := join(t, h, "r")
			subs = append(subs, s)
		}
		publish(t, h, "r", "a")
		bad = true
		later, _ := join(t, h, "r", As("bob"))
		for _, s := range subs {
			var panicked *PanicError
			require.ErrorAs(t, s.Err(), &panicked)
			require.Equal(t, "x", panicked.Value)
		}
		bad = false
		publish(t, h, "r", "b", "c")
		synctest.Wait()
		require.Equal(t, "n b c", later.String())
		require.Equal(t, 1, h.Stats().Members)
	})
}

func TestAMergeThatPanicsEndsWhomItWasFor(t *testing.T) {
	cfg := texts()
	cfg.Merge = func(...string) string { panic("merge") }
	bubble(t, cfg, func(t *testing.T, h *Hub[string]) {
		m, s := join(t, h, "r")
		m.set(busy)
		publish(t, h, "r", "a", "b")
		m.set(nil)
		s.Ready()
		synctest.Wait()
		var panicked *PanicError
		require.ErrorAs(t, s.Err(), &panicked)
		other, _ := join(t, h, "r")
		publish(t, h, "r", "c")
		synctest.Wait()
		require.Contains(t, other.String(), "c")
	})
}

func TestALongNameHasAPersonalRoom(t *testing.T) {
	bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
		user := strings.Repeat("u", 128)
		join(t, h, Personal(user), As(user))
	})
}

// As a test's FailNow does, when it is called in an Offer. Whoever publishes may
// be the one whose goroutine it ends.
func TestGoexitInAnOfferEndsTheMembershipAlone(t *testing.T) {
	for _, members := range []int{2, 20} {
		bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
			var others []*reader
			more := func() {
				for range members / 2 {
					m, _ := join(t, h, "r")
					others = append(others, m)
				}
			}
			more()
			s, err := h.Join(t.Context(), "r", &reader{answer: func(_ *Sub[string], v string) Answer {
				if v == "x" {
					runtime.Goexit()
				}
				return Taken
			}})
			require.NoError(t, err)
			more()
			synctest.Wait()
			go func() { _, _ = h.Publish(context.Background(), "r", "x") }() // may not return
			synctest.Wait()
			publish(t, h, "r", "y")
			var p *PanicError
			require.ErrorAs(t, s.Err(), &p)
			for _, m := range others {
				require.Contains(t, m.String(), "x y")
			}
			require.NoError(t, h.Close())
		})
	}
}
