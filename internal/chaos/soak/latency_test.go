package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestHistogramIsTrueToAnEighth(t *testing.T) {
	for d := time.Microsecond; d < time.Hour; d = d*21/20 + 1 {
		require.InEpsilon(t, float64(d), float64(middle(bucket(d))), 0.51, d)
		if d > 16*time.Microsecond {
			require.InEpsilon(t, float64(d), float64(middle(bucket(d))), 0.125, d)
		}
	}
	require.Equal(t, 0, bucket(-time.Second))
	require.Equal(t, 255, bucket(1<<62))
}

func TestQuantiles(t *testing.T) {
	var h histogram
	require.Zero(t, h.counts().quantile(0.5))
	h.add(time.Hour)
	before := h.counts()
	for range 98 {
		h.add(time.Millisecond)
	}
	h.add(time.Second)
	h.add(time.Second)
	c := h.counts().since(before)
	require.InEpsilon(t, float64(time.Millisecond), float64(c.quantile(0.5)), 0.125)
	require.InEpsilon(t, float64(time.Second), float64(c.quantile(0.99)), 0.125)
}
