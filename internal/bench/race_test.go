package main

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestEveryRoundHasAllPeersOnce(t *testing.T) {
	some := peers[:4]
	for round := range 20 {
		require.ElementsMatch(t, some, turns(some, round))
	}
	require.Empty(t, turns([]*peer(nil), 3))
}

// TestNoPlaceInARoundIsKept: over as many rounds as there are peers, each stands
// in each place, and the order of neighbours turns round after that.
func TestNoPlaceInARoundIsKept(t *testing.T) {
	some := peers[:4]
	for place := range some {
		var seen []*peer
		for round := range some {
			seen = append(seen, turns(some, round)[place])
		}
		require.ElementsMatch(t, some, seen)
	}
	again := turns(some, len(some))
	slices.Reverse(again)
	require.Equal(t, turns(some, 0), again)
}
