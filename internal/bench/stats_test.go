package main

import (
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestMedian(t *testing.T) {
	require.Equal(t, 2.0, median([]float64{3, 1, 2}))
	require.Equal(t, 2.5, median([]float64{4, 1, 2, 3}))
	require.True(t, math.IsNaN(median(nil)))
}

// TestARatioIsTakenWithinEachRound: the machine is three times slower in the
// second round, and eight times in the third.
func TestARatioIsTakenWithinEachRound(t *testing.T) {
	require.Equal(t, 2.0, ratio([]float64{2, 6, 17}, []float64{1, 3, 8}))
	require.Equal(t, 3.0, ratio([]float64{2, 6, 16}, []float64{2}), "a round is missing")
}

func TestShort(t *testing.T) {
	for v, want := range map[float64]string{
		0: "0.00", 0.0456: "0.046", 0.456: "0.46", 4.56: "4.56", 45.67: "45.7", 456.7: "457", 1234567: "1,234,567",
		math.NaN(): "–", math.Inf(1): "–",
	} {
		require.Equal(t, want, short(v))
	}
}

func TestRounded(t *testing.T) {
	for v, want := range map[float64]float64{1.2345678: 1.2346, 123456789: 123460000, 0: 0, 0.000123456789: 0.00012346} {
		require.Equal(t, want, rounded(v))
	}
	require.True(t, math.IsNaN(rounded(math.NaN())))
}
