package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func sent(n int) *stream {
	s := new(stream)
	for range n {
		s.take()
	}
	return s
}

func TestLedger(t *testing.T) {
	for _, c := range []struct {
		name     string
		arrive   []uint64
		verdicts []verdict
		lost     uint64
	}{
		{"all", []uint64{0, 1, 2, 3, 4}, []verdict{inOrder, inOrder, inOrder, inOrder, inOrder}, 0},
		{"none", nil, nil, 5},
		{"the last missing", []uint64{0, 1, 2, 3}, []verdict{inOrder, inOrder, inOrder, inOrder}, 1},
		{"one left out", []uint64{0, 1, 3, 4}, []verdict{inOrder, inOrder, inOrder, inOrder}, 1},
		{"two exchanged", []uint64{0, 2, 1, 3, 4}, []verdict{inOrder, inOrder, reordered, inOrder, inOrder}, 0},
		{"one doubled", []uint64{0, 1, 1, 2, 3, 4}, []verdict{inOrder, inOrder, doubled, inOrder, inOrder, inOrder}, 0},
		{"late, and doubled", []uint64{1, 0, 0}, []verdict{inOrder, reordered, doubled}, 3},
	} {
		t.Run(c.name, func(t *testing.T) {
			var l ledger
			var got []verdict
			for _, seq := range c.arrive {
				got = append(got, l.arrived(seq))
			}
			require.Equal(t, c.verdicts, got)
			require.Equal(t, c.lost, l.lost(sent(5)))
		})
	}
}

func TestWhatIsExcusedIsNotLost(t *testing.T) {
	s := sent(6)
	var l ledger
	l.arrived(0)
	l.arrived(2)
	l.arrived(3)
	require.EqualValues(t, 3, l.lost(s)) // 1, 4, 5
	s.excuse(1)
	s.excuse(5)
	s.excuse(3) // it has arrived all the same
	require.EqualValues(t, 1, l.lost(s))
	require.EqualValues(t, 1, l.abandon(s))
	require.Zero(t, l.lost(s))
	require.Zero(t, l.abandon(s))
	require.EqualValues(t, 6, s.take())
	require.EqualValues(t, 1, l.lost(s), "a new message is not excused")
	require.Equal(t, inOrder, l.arrived(6))
	require.Zero(t, l.lost(s))
}

func TestAMessageThatWasNotAcceptedWasNotSent(t *testing.T) {
	s := sent(2)
	s.untake()
	require.True(t, s.has(0))
	require.False(t, s.has(1))
	require.EqualValues(t, 1, s.take())
}
