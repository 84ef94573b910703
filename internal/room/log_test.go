package room

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHistoryIsBounded(t *testing.T) {
	cfg := roomy()
	cfg.History = 3
	g := newRig(t, cfg)
	g.say("a", "b", "c", "d", "e")
	require.Equal(t, 3, g.Values())
	require.Equal(t, 3, g.Bytes())
	require.Equal(t, Position{1, 3}, g.First())
	require.Equal(t, Position{1, 6}, g.Next())
	vs, from := g.History(Position{}, 10)
	require.Equal(t, []string{"c", "d", "e"}, vs)
	require.Equal(t, Position{1, 3}, from)
	vs, from = g.History(Position{1, 4}, 1)
	require.Equal(t, []string{"d"}, vs)
	require.Equal(t, Position{1, 4}, from)
	vs, from = g.History(Position{1, 6}, 1)
	require.Empty(t, vs)
	require.Equal(t, Position{1, 6}, from)
}

func TestHistoryEndsAtABreak(t *testing.T) {
	g := newRig(t, roomy())
	g.say("a", "b")
	g.Seek(Position{1, 7}, g.now)
	g.say("c")
	vs, from := g.History(Position{1, 1}, 10)
	require.Equal(t, []string{"a", "b"}, vs)
	require.Equal(t, Position{1, 1}, from)
	vs, from = g.History(Position{1, 3}, 10)
	require.Equal(t, []string{"c"}, vs)
	require.Equal(t, Position{1, 7}, from)
}

func TestBytesAreBounded(t *testing.T) {
	cfg := roomy()
	cfg.Bytes = 10
	g := newRig(t, cfg)
	for i := range 100 {
		g.say(fmt.Sprintf("%04d", i))
		require.LessOrEqual(t, g.Bytes(), 10)
	}
	require.Equal(t, 2, g.Values())
}

func TestOldValuesGoWhoeverNeedsThem(t *testing.T) {
	cfg := roomy()
	cfg.Age = time.Minute
	g := newRig(t, cfg)
	m := g.join("", Start{})
	m.answer = func(int) Verdict {
		if len(m.got) == 0 {
			return Taken // Joined
		}
		return Busy
	}
	g.run()
	g.say("a")
	g.signal("", "s") // which stands in the way of nothing
	g.now += 30 * time.Second
	g.say("b")
	g.run()
	require.Equal(t, g.now+30*time.Second, g.Deadline())
	g.now += 30 * time.Second
	g.Tick(g.now)
	require.Equal(t, 1, g.Values())
	require.Equal(t, g.now+30*time.Second, g.Deadline())
	g.now += 30 * time.Second
	g.Tick(g.now)
	require.Zero(t, g.Deadline())
	m.answer = nil
	g.Ready(&m.Member)
	g.run()
	require.Equal(t, "[at 1/1] [1/1 to 1/3]", m.String())
}

// Presence is announced by the room itself, and nobody can hold it back.
func TestEntriesAreBoundedWhateverKindTheyAre(t *testing.T) {
	cfg := roomy()
	cfg.History, cfg.Backlog = 10, 10
	g := newRig(t, cfg)
	g.say("a")
	slow, other := g.join("", Start{}), g.join("", Start{})
	g.run()
	slow.answer = always(Busy)
	g.say("b")
	require.True(t, g.Step(&g.step, g.now)) // and this offer takes long
	for i := range 10_000 {
		m := g.join(fmt.Sprint("u", i), Start{})
		g.Leave(&m.Member, g.now)
		require.LessOrEqual(t, len(g.log.entries), g.most())
	}
	g.step.Answers[0], g.step.Answers[1] = Busy, Taken
	g.Settle(&g.step, g.now)
	slow.answer = nil
	g.Ready(&slow.Member)
	g.run()
	require.Equal(t, "[at 1/2] [1/2 to 1/3]", slow.String()[:21])
	require.Equal(t, "[at 1/2] [1/3 to 1/3]", other.String()[:21])
}

// What is replaced is neither history nor missing.
func TestLatestByKey(t *testing.T) {
	cfg := roomy()
	cfg.History = 3
	g := newRig(t, cfg)
	slow := g.join("", Start{})
	g.run()
	slow.answer = always(Busy)
	for i := range 1000 {
		g.key("hot", fmt.Sprint("hot", i))
		if i == 500 {
			g.key("cold", "cold")
		}
		g.run()
	}
	require.Equal(t, 2, g.Values())
	require.Less(t, len(g.log.entries), 250)
	late := g.join("", Start{Last: 3})
	slow.answer = nil
	g.Ready(&slow.Member)
	g.run()
	require.Equal(t, "[at 1/1] cold hot999", slow.String())
	require.Regexp(t, `^\[at 1/\d+\] cold hot999$`, late.String())
	vs, _ := g.History(Position{}, 10)
	require.Equal(t, []string{"cold", "hot999"}, vs)
	require.Len(t, g.log.newest, 2)
}

func TestForgetFreesBytes(t *testing.T) {
	g := newRig(t, roomy())
	m := g.join("", Start{})
	g.run()
	g.say("aaa", "bbb", "ccc")
	g.Forget(4, g.now)
	require.Equal(t, 3, g.Bytes())
	g.run()
	require.Equal(t, "[at 1/1] [1/1 to 1/3] ccc", m.String())
	g.Forget(1000, g.now)
	require.Zero(t, g.Bytes())
}

func TestDissolveLeavesNothing(t *testing.T) {
	g := newRig(t, roomy())
	for _, user := range []string{"", "ann", "bob"} {
		g.join(user, Start{})
	}
	g.run()
	busy := g.join("", Start{})
	busy.answer = always(Busy)
	g.run()
	g.say("a")
	queued := g.join("", Start{})
	require.True(t, g.Step(&g.step, g.now)) // and one under way
	require.Len(t, g.Dissolve(), 5)
	g.Settle(&g.step, g.now)
	require.Zero(t, g.Bytes())
	require.Zero(t, g.Members())
	require.Empty(t, g.Users())
	require.False(t, g.Pending())
	require.False(t, g.Step(&g.step, g.now))
	require.False(t, g.Leave(&queued.Member, g.now))
	g.Ready(&busy.Member)
	require.False(t, g.Pending())
}
