package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestUniformArrivalsAreEvenlyApart(t *testing.T) {
	const start, gap = 3 * time.Second, 10 * time.Millisecond
	s := newSchedule(start, float64(gap), false, rand.New(rand.NewPCG(1, 1)))
	first := s.due()
	require.GreaterOrEqual(t, first, start)
	require.Less(t, first, start+gap)
	for i := range 10_000 {
		require.InDelta(t, float64(first)+float64(i)*float64(gap), float64(s.due()), 2, "it does not drift")
		s.advance()
	}
}

func TestARateThatIsNoWholeNumberOfNanosecondsIsKept(t *testing.T) {
	s := newSchedule(0, 1e9/7, false, rand.New(rand.NewPCG(1, 1)))
	n := 0
	for ; s.due() < 1000*time.Second; s.advance() {
		n++
	}
	require.InDelta(t, 7000, n, 1)
}

func TestPoissonArrivalsHaveTheMeanAndTheSpreadOfAnExponential(t *testing.T) {
	const gap = 10 * time.Millisecond
	s := newSchedule(0, float64(gap), true, rand.New(rand.NewPCG(1, 1)))
	const n = 200_000
	var sum, squares float64
	for range n {
		before := s.at
		s.advance()
		d := s.at - before
		sum += d
		squares += d * d
	}
	mean := sum / n
	require.InEpsilon(t, float64(gap), mean, 0.02)
	require.InEpsilon(t, mean*mean, squares/n-mean*mean, 0.03)
}

func TestClientsThatStartTogetherDoNotSendTogether(t *testing.T) {
	early := 0
	for i := range 1000 {
		s := newSchedule(0, float64(time.Second), false, rand.New(rand.NewPCG(1, uint64(i))))
		if s.due() < 100*time.Millisecond {
			early++
		}
	}
	require.InDelta(t, 100, early, 40)
}
