package room

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A sweep makes one value for all, whatever the number of steps.
func TestASweepMakesItsValueOnce(t *testing.T) {
	g := newRig(t, roomy())
	var all []*reader
	for range 3*StepSize + 5 {
		all = append(all, g.join("", Start{}))
	}
	g.run()
	g.say("a", "b")
	made, steps := 0, 0
	for ; g.once(); steps++ {
		if !g.step.Same {
			made++
		}
	}
	require.Equal(t, 1, made)
	require.Equal(t, 4, steps)
	for _, m := range all {
		require.Equal(t, "[at 1/1] a b", m.String())
	}
}

// Those who come late in a sweep are given what was said meanwhile, and those
// who came early the rest.
func TestWhatIsSaidDuringASweep(t *testing.T) {
	g := newRig(t, roomy())
	var all []*reader
	for range 3 * StepSize {
		all = append(all, g.join("", Start{}))
	}
	g.run()
	g.say("a")
	for i := 0; g.once(); i++ {
		if i < 2 {
			g.say(fmt.Sprint("x", i))
		}
	}
	for _, m := range all {
		require.Equal(t, "[at 1/1] a x0 x1", m.String())
	}
}

// What is for one user reaches all of its members, and no others, in its place.
func TestSignalsAreAddressed(t *testing.T) {
	g := newRig(t, roomy())
	ann, other, bob := g.join("ann", Start{}), g.join("ann", Start{}), g.join("bob", Start{})
	g.run()
	slow := g.join("ann", Start{})
	g.run()
	slow.answer = always(Busy)
	g.say("a")
	g.run()
	g.signal("ann", "psst")
	g.signal("", "all")
	g.signal("bob", "bob")
	g.say("b")
	g.run()
	slow.answer = nil
	g.Ready(&slow.Member)
	g.run()
	require.Equal(t, "[at 1/1] a psst all b", ann.String())
	require.Equal(t, "[at 1/1] a psst all b", other.String())
	require.Equal(t, "[at 1/1] a all bob b", bob.String())
	require.Equal(t, "[at 1/1] a psst all b", slow.String())
}

// A swath that nobody was to be given is not what was last made of the log.
func TestASwathForNobodyIsNotRepeated(t *testing.T) {
	g := newRig(t, roomy())
	bob := g.join("bob", Start{})
	g.run()
	g.say("a")
	g.run()
	g.signal("ann", "psst") // who is not there
	g.run()
	g.say("b")
	g.run()
	require.Equal(t, "[at 1/1] a b", bob.String())
}

func TestRunsAreBounded(t *testing.T) {
	cfg := roomy()
	cfg.Run = 4
	g := newRig(t, cfg)
	g.join("", Start{})
	g.run()
	var sizes []string
	g.say("aa", "bb", "c", "dddddd", "e")
	for g.once() {
		sizes = append(sizes, fmt.Sprint(len(g.step.Items)))
	}
	require.Equal(t, "2 1 1 1", strings.Join(sizes, " "))
}

// Without merging there is one item in each step, even if it weighs nothing.
func TestWithoutARunStepsHaveOneItem(t *testing.T) {
	cfg := roomy()
	cfg.Run = 0
	g := newRig(t, cfg)
	g.join("", Start{})
	late := g.join("", Start{})
	g.run()
	late.answer = always(Busy)
	for _, user := range []string{"a", "b", "c"} {
		g.join(user, Start{})
	}
	g.say("", "")
	for g.once() {
		require.Len(t, g.step.Items, 1)
	}
	late.answer = nil
	g.Ready(&late.Member)
	for g.once() {
		require.Len(t, g.step.Items, 1)
	}
	require.Equal(t, "[at 1/1] +a +b +c  ", late.String())
}

// Members who were held up at the same place catch up with the same values.
func TestThoseWhoCatchUpFromTheSamePlaceShare(t *testing.T) {
	cfg := roomy()
	cfg.Run = 4
	g := newRig(t, cfg)
	var all []*reader
	for range StepSize {
		all = append(all, g.join("", Start{}))
	}
	odd := g.join("ann", Start{})
	g.run()
	for _, m := range append(all, odd) {
		m.answer = always(Busy)
	}
	for range 10 {
		g.say("xx")
	}
	g.run()
	g.offered = 0
	for _, m := range append(all, odd) {
		m.answer = nil
		g.Ready(&m.Member)
	}
	g.run()
	require.LessOrEqual(t, g.offered, 2+10+1, "each was served for itself")
	for _, m := range all {
		require.Equal(t, "[at 1/1]"+strings.Repeat(" xx", 10), m.String())
	}
	require.Equal(t, "[at 1/1]"+strings.Repeat(" xx", 10), odd.String())
}

// Those who come back after an outage do so at the same place, and are told of
// the values alone.
func TestAHerdThatComesBackShares(t *testing.T) {
	g := newRig(t, roomy())
	g.say("a", "b", "c")
	for i := range StepSize {
		g.join(fmt.Sprint(i), Start{From: Position{1, 2}})
	}
	g.run()
	require.Equal(t, 2, g.offered, "Joined, and the values")
}

// One who has to be told of a gap does not share with one who need not be.
func TestThoseWhoMissedSomethingDoNotShare(t *testing.T) {
	cfg := roomy()
	cfg.History = 10
	g := newRig(t, cfg)
	m := g.join("", Start{})
	g.run()
	m.answer = always(Busy)
	g.say("a")
	g.signal("", "s")
	g.signal("", "s")
	g.signal("", "s")
	g.run()
	g.thinAt = 0 // now they go, being more than half of the log
	g.say("b")
	late := g.join("", Start{From: Position{1, 1}})
	g.once() // Joined
	late.answer = always(Busy)
	g.run()
	m.answer, late.answer = nil, nil
	g.Ready(&m.Member)
	g.Ready(&late.Member)
	g.run()
	require.Equal(t, "[at 1/1] [1/1 to 1/1] a b", m.String())
	require.Equal(t, "[at 1/1] a b", late.String())
}

// Nobody waits for those who catch up, and they for nobody.
func TestCatchingUpAndSweepsTakeTurns(t *testing.T) {
	cfg := roomy()
	cfg.Run = 0
	g := newRig(t, cfg)
	keepsUp := g.join("", Start{})
	for range 500 {
		g.say("x")
	}
	g.run()
	keepsUp.got = nil
	for i := range 10 {
		g.join("", Start{From: Position{1, uint64(1 + i)}})
	}
	g.say("y")
	for n := 0; keepsUp.String() != "y"; n++ {
		require.Less(t, n, 2*individuals)
		require.True(t, g.once())
	}
	late := g.join("", Start{})
	for n := 0; late.String() == ""; n++ {
		require.Less(t, n, 100)
		g.say("z")
		require.True(t, g.once())
	}
}

func TestTheRosterIsBounded(t *testing.T) {
	cfg := roomy()
	cfg.Roster = 2
	g := newRig(t, cfg)
	var counts []string
	for _, user := range []string{"a", "b", "c", ""} {
		g.join(user, Start{})
		for g.once() {
			if item := g.step.Items[0]; item.Kind == Joined {
				counts = append(counts, fmt.Sprint(item.Count, len(item.Users)))
			}
		}
	}
	require.Equal(t, "1 1,2 2,3 0,3 0", strings.Join(counts, ","))
	require.Len(t, g.Users(), 3)
}
