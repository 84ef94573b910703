package room

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestARefusedRunIsOfferedAgainInPieces(t *testing.T) {
	g := newRig(t, roomy())
	m := g.join("", Start{})
	g.run()
	m.answer = atMost(3)
	g.say("a", "b", "c", "d", "e", "f", "g", "h")
	g.run()
	require.Equal(t, "[at 1/1] a b c d e f g h", m.String())
	require.Less(t, g.offered, 12)
}

func TestAValueThatIsTooLargeIsAGap(t *testing.T) {
	g := newRig(t, roomy())
	m := g.join("", Start{})
	other := g.join("", Start{})
	g.run()
	m.answer = func(int) Verdict {
		for _, item := range g.step.Items {
			if item.Value == "LARGE" {
				return TooLarge
			}
		}
		return Taken
	}
	g.say("a", "LARGE", "c")
	g.run()
	require.Equal(t, "[at 1/1] a [1/2 to 1/3] c", m.String())
	require.Equal(t, "[at 1/1] a LARGE c", other.String())
	require.EqualValues(t, 1, g.Counts().Gaps)
}

func TestOneWhoCannotTakeEvenAGapIsGone(t *testing.T) {
	g := newRig(t, roomy())
	m := g.join("", Start{})
	m.answer = always(TooLarge)
	g.run()
	require.Len(t, g.Ended(), 1)
	require.Zero(t, g.Members())
}

func TestReadyDuringAnOffer(t *testing.T) {
	g := newRig(t, roomy())
	m := g.join("", Start{})
	refused := 0
	m.answer = func(int) Verdict {
		if refused++; refused%2 == 1 {
			g.Ready(&m.Member)
			return Busy
		}
		return Taken
	}
	g.say("a")
	g.run()
	require.Equal(t, "[at 1/1] a", m.String())
	require.Empty(t, g.waiting)
}

func TestABusyMemberCostsNothing(t *testing.T) {
	g := newRig(t, roomy())
	m := g.join("", Start{})
	g.run()
	m.answer = always(Busy)
	g.say("a")
	g.run()
	n := g.offered
	for range 100 {
		g.say("b")
		g.run()
	}
	require.Equal(t, n, g.offered)
	require.Equal(t, 101, g.Lag(&m.Member))
	require.EqualValues(t, 1, g.Counts().Refused)
}

// Memberships that end announce it, which evicts more and ends further ones.
func TestDisconnectingManyAtOnce(t *testing.T) {
	cfg := roomy()
	cfg.Policy, cfg.History, cfg.Backlog = Disconnect, 2, 2
	g := newRig(t, cfg)
	var slow []*reader
	for _, user := range []string{"a", "b", "c", "d", "e", "f", "g"} {
		m := g.join(user, Start{})
		g.run()
		m.answer = always(Busy)
		g.say(user)
		g.run()
		slow = append(slow, m)
	}
	g.say("x", "y", "z", "1", "2", "3", "4", "5", "6", "7", "8", "9")
	g.run()
	require.Zero(t, g.Members())
	require.Len(t, g.Ended(), len(slow))
	require.Empty(t, g.Ended())
	require.Empty(t, g.Users())
	require.EqualValues(t, len(slow), g.Counts().Ended)
}

// One whose turn comes in the queue when it has missed something.
func TestDisconnectingFromTheQueue(t *testing.T) {
	cfg := roomy()
	cfg.Policy, cfg.History, cfg.Backlog = Disconnect, 0, 2
	g := newRig(t, cfg)
	m := g.join("", Start{})
	g.run()
	m.answer = always(Busy)
	g.say("a")
	g.run()
	g.Ready(&m.Member) // now it is in the queue
	g.say("b", "c", "d", "e")
	other := g.join("", Start{})
	g.run()
	require.Len(t, g.Ended(), 1)
	require.Zero(t, g.queue.len)
	g.say("f")
	require.True(t, g.Pending())
	g.run()
	require.Equal(t, "[at 1/6] f", other.String())
}

func TestBlockedByOneWhoIsBehind(t *testing.T) {
	cfg := roomy()
	cfg.History, cfg.Backlog = 0, 3
	g := newRig(t, cfg)
	m, other := g.join("", Start{}), g.join("", Start{})
	g.run()
	m.answer, other.answer = always(Busy), nil
	g.say("a", "b")
	g.run()
	require.False(t, g.Blocked(1))
	g.say("c")
	g.run()
	require.False(t, g.Clogged(1), "only those who keep up clog a room")
	require.True(t, g.Blocked(1))
	g.PassOver(1)
	require.False(t, g.Blocked(1))
	g.say("d")
	g.run()
	m.answer = nil
	g.Ready(&m.Member)
	g.run()
	require.Equal(t, "[at 1/1] [1/1 to 1/2] b c d", m.String())

	// It has caught up: it is waited for again.
	m.answer = always(Busy)
	g.say("e", "f", "g")
	g.run()
	require.True(t, g.Blocked(1))
	g.Leave(&m.Member, g.now)
	require.False(t, g.Blocked(1))
}

func TestCloggedUntilTheSweepIsThrough(t *testing.T) {
	cfg := roomy()
	cfg.History, cfg.Backlog, cfg.Bytes = 2, 4, 10
	g := newRig(t, cfg)
	g.say("a", "b", "c", "d", "e")
	require.False(t, g.Clogged(10), "nobody is there")
	g.join("", Start{})
	g.run()
	g.say("a", "b", "c")
	require.False(t, g.Clogged(7))
	require.True(t, g.Clogged(8))
	g.say("d")
	require.True(t, g.Clogged(0))
	g.run()
	require.False(t, g.Clogged(10))
}

// Who goes while a step is settled takes nothing with it that others of the same
// step still need.
func TestOneWhoGoesLeavesTheOthersTheirs(t *testing.T) {
	cfg := roomy()
	cfg.History, cfg.Run = 0, 1
	g := newRig(t, cfg)
	ann, bob := g.join("ann", Start{}), g.join("", Start{})
	fast := g.join("", Start{})
	g.run()
	ann.answer, bob.answer = always(Busy), always(Busy)
	g.say("a", "b")
	g.run()
	ann.answer, bob.answer = always(Gone), nil
	g.Ready(&ann.Member)
	g.Ready(&bob.Member)
	g.run()
	require.Equal(t, "[at 1/1] a b -ann", bob.String())
	require.Equal(t, "[at 1/1] a b -ann", fast.String())
}

// What is kept for one who is behind goes with that one.
func TestNothingIsKeptForOneWhoHasLeft(t *testing.T) {
	cfg := roomy()
	cfg.History = 1
	g := newRig(t, cfg)
	slow := g.join("", Start{})
	g.join("", Start{})
	g.run()
	slow.answer = always(Busy)
	g.say("a", "b", "c")
	g.run()
	require.Equal(t, 3, g.Values())
	g.Leave(&slow.Member, g.now)
	require.Equal(t, 1, g.Values())
}
