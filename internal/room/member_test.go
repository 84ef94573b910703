package room

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhereAMemberBegins(t *testing.T) {
	for _, c := range []struct {
		name  string
		start Start
		want  string
	}{
		{"now", Start{}, "[at 1/5]"},
		{"the last two", Start{Last: 2}, "[at 1/3] c d"},
		{"the last of more than there are", Start{Last: 9}, "[at 1/2] b c d"},
		{"a negative number is none", Start{Last: -1}, "[at 1/5]"},
		{"a position", Start{From: Position{1, 3}}, "[at 1/3] c d"},
		{"the next position", Start{From: Position{1, 5}}, "[at 1/5]"},
		{"one that is not kept", Start{From: Position{1, 1}}, "[at 1/1] [1/1 to 1/2] b c d"},
		{"offset 0 is 1", Start{From: Position{1, 0}}, "[at 1/1] [1/1 to 1/2] b c d"},
		{"another epoch", Start{From: Position{9, 3}}, "[at 9/3] [9/3 to 1/2] b c d"},
		{"one that is yet to come", Start{From: Position{1, 9}}, "[at 1/9] [1/9 to 1/5]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := roomy()
			cfg.History = 3
			g := newRig(t, cfg)
			g.say("a", "b", "c", "d")
			m := g.join("", c.start)
			g.run()
			require.Equal(t, c.want, m.String())
			require.Equal(t, g.Next(), g.Position(&m.Member))
			g.say("e")
			g.run()
			require.Equal(t, c.want+" e", m.String())
		})
	}
}

func TestJoinsAtABreak(t *testing.T) {
	for _, c := range []struct {
		start Start
		want  string
	}{
		{Start{From: Position{1, 2}}, "[at 1/2] b [1/3 to 1/5] [1/5 to 1/7] g"},
		{Start{From: Position{1, 3}}, "[at 1/3] [1/3 to 1/7] g"},
		{Start{From: Position{1, 4}}, "[at 1/4] [1/4 to 1/7] g"},
		{Start{From: Position{1, 5}}, "[at 1/5] [1/5 to 1/7] g"},
		{Start{From: Position{1, 6}}, "[at 1/6] [1/6 to 1/7] g"},
		{Start{From: Position{1, 7}}, "[at 1/7] g"},
		{Start{Last: 1}, "[at 1/7] g"},
		{Start{Last: 2}, "[at 1/2] b [1/3 to 1/5] [1/5 to 1/7] g"},
	} {
		g := newRig(t, roomy())
		g.say("a", "b")
		g.Seek(Position{1, 5}, g.now)
		g.Seek(Position{1, 7}, g.now)
		g.say("g")
		m := g.join("", c.start)
		g.run()
		require.Equal(t, c.want, m.String(), "%+v", c.start)
	}
}

// The first position of a room that another one keeps: nothing is known of what
// was before.
func TestSeekBeforeAnybodyIsThere(t *testing.T) {
	g := newRig(t, roomy())
	g.Seek(Position{5, 10}, g.now)
	g.say("a")
	m := g.join("", Start{From: Position{5, 3}})
	last := g.join("", Start{Last: 5})
	g.run()
	require.Equal(t, "[at 5/3] [5/3 to 5/10] a", m.String())
	require.Equal(t, "[at 5/10] a", last.String())
}

func TestSeekIsToldToAll(t *testing.T) {
	g := newRig(t, roomy())
	m, slow := g.join("", Start{}), g.join("", Start{})
	g.say("a")
	g.run()
	slow.answer = always(Busy)
	g.say("b")
	g.run()
	g.Seek(Position{1, 3}, g.now) // which it is
	g.Seek(Position{1, 5}, g.now)
	g.say("e")
	g.run()
	require.Equal(t, "[at 1/1] a b [1/3 to 1/5] e", m.String())
	g.Seek(Position{2, 9}, g.now)
	g.say("i")
	g.Seek(Position{2, 4}, g.now) // backwards: whoever gives out positions has lost its mind
	g.say("d")
	g.run()
	require.Equal(t, "[at 1/1] a b [1/3 to 1/5] e [1/6 to 2/4] d", m.String())
	slow.answer = nil
	g.Ready(&slow.Member)
	g.run()
	require.Equal(t, "[at 1/1] a [1/2 to 2/4] d", slow.String())
}

// Without items of its own the room cannot tell of a gap.
func TestAGapThatCannotBeToldEndsMemberships(t *testing.T) {
	silent := roomy()
	silent.Tells, silent.Policy = false, Disconnect
	g := newRig(t, silent)
	g.say("a", "b")
	early := g.join("", Start{From: Position{1, 1}})
	g.run()
	require.Equal(t, "a b", early.String())

	wrong := g.join("", Start{From: Position{7, 1}})
	g.run()
	require.Empty(t, wrong.String())
	require.Len(t, g.Ended(), 1)

	slow := g.join("", Start{})
	slow.answer = always(Busy)
	g.say("c")
	g.run()
	fresh := g.join("", Start{Last: 1})
	g.Seek(Position{1, 9}, g.now)
	g.say("i")
	g.run()
	require.Equal(t, "a b c", early.String())
	require.Len(t, g.Ended(), 3)
	require.Empty(t, fresh.String())
	require.Zero(t, g.Members())

	g.Seek(Position{1, 12}, g.now)
	late := g.join("", Start{Last: 5})
	g.run()
	require.Empty(t, late.String())
	require.Equal(t, 1, g.Members())
}

func TestLeaveFromEveryPlace(t *testing.T) {
	g := newRig(t, roomy())
	var all []*reader
	for range 5 {
		all = append(all, g.join("", Start{}))
	}
	g.run()
	g.say("a")
	all[1].answer = always(Busy)
	g.run()
	queued := g.join("", Start{})
	require.True(t, g.Leave(&queued.Member, g.now))
	require.True(t, g.Leave(&all[0].Member, g.now))
	require.True(t, g.Leave(&all[1].Member, g.now))
	require.False(t, g.Leave(&all[1].Member, g.now))
	g.Ready(&all[1].Member)
	g.say("b")
	require.True(t, g.Step(&g.step, g.now))
	require.True(t, g.Leave(&all[2].Member, g.now)) // while it is offered something
	for i := range g.step.Answers {
		g.step.Answers[i] = Taken
	}
	g.Settle(&g.step, g.now)
	g.run()
	require.Equal(t, 2, g.Members())
	g.say("c")
	g.run()
	require.Equal(t, "[at 1/1] a c", all[3].String())
	require.Equal(t, "[at 1/1]", all[1].String())
}
