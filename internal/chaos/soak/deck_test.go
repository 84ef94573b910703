package main

import (
	"math/rand/v2"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestADeckHasEveryFault(t *testing.T) {
	a := deal(rand.New(rand.NewPCG(1, 1)))
	require.Equal(t, a, deal(rand.New(rand.NewPCG(1, 1))), "the same seed, the same order")
	require.NotEqual(t, a, deal(rand.New(rand.NewPCG(2, 1))))
	copies := map[string]int{}
	for _, c := range a {
		copies[c.name]++
	}
	for _, c := range cards {
		require.Equal(t, c.copies, copies[c.name])
	}
}
