package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// grown is a series over some hours, which begins at 100, jumps in its first half,
// and rises by so much percent an hour after it, with noise of so much.
func grown(length time.Duration, percent, noise float64) (trend, []float64) {
	rng := rand.New(rand.NewPCG(1, 2))
	from := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	var at []time.Time
	var values []float64
	for d := time.Duration(0); d <= length; d += length / 1000 {
		v := 100.0
		if d < length/3 {
			v = 20
		}
		at = append(at, from.Add(d))
		values = append(values, v+percent*d.Hours()+noise*rng.NormFloat64())
	}
	return trendOf(at, values, from, from.Add(length), 10*time.Minute), values
}

func TestTrends(t *testing.T) {
	for _, c := range []struct {
		length         time.Duration
		percent, noise float64
		want           judgement
	}{
		{8 * time.Hour, 0, 0.5, holds},
		{8 * time.Hour, -5, 0.5, holds},
		{8 * time.Hour, 0.5, 0.5, holds},
		{8 * time.Hour, 2, 0.5, fails},
		{8 * time.Hour, 1.05, 5, open},
		{20 * time.Minute, 0, 5, open},
		{20 * time.Minute, 100, 5, fails},
		{9 * time.Minute, 1000, 0, open},
	} {
		got, _ := grown(c.length, c.percent, c.noise)
		require.Equal(t, c.want, got.judge(), "%+v: %v", c, got)
	}
	got, _ := grown(time.Hour, 10, 0)
	require.InEpsilon(t, 10/got.Mean*100, got.Slope, 0.02)
	require.InDelta(t, 0, got.Error, 0.2)
	got, _ = grown(time.Minute, 0, 0)
	require.Contains(t, got.String(), "too short to judge")
	require.True(t, trendOf(nil, nil, time.Time{}, time.Time{}.Add(time.Hour), 0).Short)
}

// TestLine against points with a known answer.
func TestLine(t *testing.T) {
	slope, err := line([]float64{0, 1, 2, 3}, []float64{1, 3, 2, 4})
	require.InDelta(t, 0.8, slope, 1e-9)
	require.InDelta(t, 0.4243, err, 1e-4)
}
