package hub

import (
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// phoenix #2306: the old connection's cleanup comes when the user is back with a
// new one, and must not remove the user; nor may the end of the old one's grace.
func TestTheOldConnectionsCleanupLeavesTheUserThere(t *testing.T) {
	bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
		watcher, _ := join(t, h, "r")
		_, old := join(t, h, "r", As("ann"))
		_, _ = join(t, h, "r", As("ann")) // the new connection
		old.Leave()
		old.Leave()
		time.Sleep(time.Minute)
		require.Equal(t, []string{"ann"}, h.Users("r"))
		require.NoError(t, h.SendTo(t.Context(), "r", "ann", "x"))
		require.Equal(t, "[joined 1] +ann", watcher.String())
	})
}

func TestAResumedConnectionHasNotBeenAway(t *testing.T) {
	bubble(t, with(Room{Grace: 5 * time.Second}), func(t *testing.T, h *Hub[string]) {
		watcher, _ := join(t, h, "r")
		for range 10 {
			_, s := join(t, h, "r", As("ann"))
			time.Sleep(10 * time.Second)
			s.Leave()
			require.Equal(t, []string{"ann"}, h.Users("r"))
			require.ErrorIs(t, h.SendTo(t.Context(), "r", "ann", "x"), ErrAbsent)
			time.Sleep(4 * time.Second)
		}
		require.Equal(t, "[joined 1] +ann", watcher.String())
		time.Sleep(2 * time.Second)
		require.Equal(t, "[joined 1] +ann -ann", watcher.String())
		require.Empty(t, h.Users("r"))
	})
}

func TestSendToReachesAllOfAUser(t *testing.T) {
	bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
		require.ErrorIs(t, h.SendTo(t.Context(), "r", "ann", "x"), ErrAbsent)
		require.Empty(t, h.Rooms())
		a1, _ := join(t, h, "r", As("ann"))
		a2, _ := join(t, h, "r", As("ann"))
		b, _ := join(t, h, "r", As("bob"))
		require.NoError(t, h.SendTo(t.Context(), "r", "ann", "psst"))
		require.NoError(t, h.Signal(t.Context(), "r", "all"))
		require.ErrorIs(t, h.SendTo(t.Context(), "r", "eve", "x"), ErrAbsent)
		require.Equal(t, "[joined 1] +bob psst all", a1.String())
		require.Equal(t, "[joined 1] +bob psst all", a2.String())
		require.Equal(t, "[joined 1] all", b.String())
		require.Zero(t, h.Stats().Values)
	})
}

// Whatever the churn, what members have been told in the end is who is there.
func TestPresenceConverges(t *testing.T) {
	cfg := texts()
	cfg.Rooms = Room{Grace: -1, Backlog: 16}
	var mu sync.Mutex
	there := map[string]bool{}
	cfg.Notice = func(n Notice) string { return fmt.Sprintf("%d %s %v;", n.Kind, n.User, n.Users) }
	h := New(cfg)
	defer h.Close()
	watcher := MemberFunc[string](func(_ *Sub[string], v string) Answer { return Taken })
	_, err := h.Join(t.Context(), "r", watcher)
	require.NoError(t, err)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			for i := range 200 {
				user := fmt.Sprint("u", (g+i)%5)
				s, err := h.Join(t.Context(), "r", watcher, As(user))
				if err != nil {
					t.Error(err)
					return
				}
				if i == 199 && g%2 == 0 {
					mu.Lock()
					there[user] = true
					mu.Unlock()
					return
				}
				s.Leave()
			}
		})
	}
	all.Wait()
	require.Len(t, h.Users("r"), len(there))
	for _, u := range h.Users("r") {
		require.True(t, there[u])
	}
}

// Ten thousand who are there are not named to each who comes.
func TestManyUsersAreCountedRatherThanNamed(t *testing.T) {
	cfg := texts()
	named, counted := 0, 0
	cfg.Notice = func(n Notice) string {
		if n.Kind == Joined {
			named, counted = len(n.Users), n.Count
		}
		return ""
	}
	cfg.Rooms.Roster = 50
	bubble(t, cfg, func(t *testing.T, h *Hub[string]) {
		for i := range 60 {
			_, err := h.Join(t.Context(), "r", &reader{}, As(fmt.Sprint(i)))
			require.NoError(t, err)
			synctest.Wait()
			require.Equal(t, i+1, counted)
			require.Equal(t, map[bool]int{true: i + 1}[i < 50], named)
		}
		require.Len(t, h.Users("r"), 60)
	})
}

func TestQuitIsGoodbyeAtOnce(t *testing.T) {
	bubble(t, with(Room{Grace: 5 * time.Second}), func(t *testing.T, h *Hub[string]) {
		watcher, _ := join(t, h, "r")
		_, one := join(t, h, "r", As("ann"))
		_, other := join(t, h, "r", As("ann"))
		one.Quit()
		require.Equal(t, []string{"ann"}, h.Users("r"), "the other is still there")
		other.Quit()
		other.Quit()
		require.Empty(t, h.Users("r"))
		require.Equal(t, "[joined 1] +ann -ann", watcher.String())
		_, again := join(t, h, "r", As("ann"))
		time.Sleep(time.Minute)
		require.Equal(t, []string{"ann"}, h.Users("r"), "nothing of the first time is left")
		again.Quit()
		require.Equal(t, "[joined 1] +ann -ann +ann -ann", watcher.String())
	})
}

func TestALateQuitEndsNobodysGrace(t *testing.T) {
	bubble(t, texts(), func(t *testing.T, h *Hub[string]) {
		watcher, _ := join(t, h, "r")
		_, old := join(t, h, "r", As("ann"))
		_, next := join(t, h, "r", As("ann"))
		old.Leave()
		next.Leave() // its link was cut: ann has the grace to come back
		old.Quit()   // the cleanup of the old one
		require.Equal(t, "[joined 1] +ann", watcher.String())
	})
}
