package room

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSeveralMembersOfAUserAreOne(t *testing.T) {
	g := newRig(t, roomy())
	m := g.join("", Start{})
	g.run()
	a, b := g.join("ann", Start{}), g.join("ann", Start{})
	g.run()
	g.Leave(&a.Member, g.now)
	g.run()
	require.Equal(t, "[at 1/1] +ann", m.String())
	require.True(t, g.Has("ann"))
	g.Leave(&b.Member, g.now)
	g.run()
	require.Equal(t, "[at 1/1] +ann -ann", m.String())
	require.Empty(t, g.Users())
}

func TestGrace(t *testing.T) {
	cfg := roomy()
	cfg.Grace = 10 * time.Second
	g := newRig(t, cfg)
	m := g.join("", Start{})
	g.run()
	tick := func(d time.Duration) {
		g.now += d
		g.Tick(g.now)
		g.run()
	}
	a := g.join("ann", Start{})
	g.Leave(&a.Member, g.now)
	require.True(t, g.Expected())
	require.False(t, g.Has("ann"))
	require.Equal(t, []string{"ann"}, g.Users())
	require.Equal(t, g.now+cfg.Grace, g.Deadline())
	tick(9 * time.Second)
	a = g.join("ann", Start{}) // back in time
	tick(5 * time.Second)
	require.False(t, g.Expected())
	require.Equal(t, "[at 1/1] +ann", m.String())
	g.Leave(&a.Member, g.now)
	tick(5 * time.Second)
	a = g.join("ann", Start{}) // in time again, and away again: it counts anew
	g.Leave(&a.Member, g.now)
	tick(6 * time.Second)
	require.Equal(t, "[at 1/1] +ann", m.String())
	tick(4 * time.Second)
	require.Equal(t, "[at 1/1] +ann -ann", m.String())
	require.Zero(t, g.Deadline())
}

// What is told of presence adds up to the truth, even if much of it was lost.
func TestPresenceIsTrueBehindAGap(t *testing.T) {
	cfg := roomy()
	cfg.History, cfg.Backlog = 1, 4
	g := newRig(t, cfg)
	m := g.join("", Start{})
	g.run()
	m.answer = always(Busy)
	var users []*reader
	for _, u := range []string{"a", "b", "c", "d", "e", "f"} {
		users = append(users, g.join(u, Start{}))
	}
	for range 100 { // more than are kept for it
		g.signal("", "s")
		g.run()
	}
	for _, u := range users[:5] {
		g.Leave(&u.Member, g.now)
	}
	g.run()
	m.answer = nil
	g.Ready(&m.Member)
	g.run()
	require.Contains(t, m.String(), "[1/1 to 1/1]")
	require.Equal(t, []string{"f"}, g.Users())
	require.NotContains(t, m.String(), "+")
}
