package main

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSizesAreDrawnByWeight(t *testing.T) {
	var s sizes
	require.NoError(t, s.Set("64:3,100-199:1"))
	require.Equal(t, "64:3,100-199:1", s.String())
	require.Equal(t, 64, s.least())
	require.Equal(t, 199, s.most())
	r := rand.New(rand.NewPCG(1, 1))
	const n = 100_000
	short, sum := 0, 0
	for range n {
		switch size := s.draw(r); {
		case size == 64:
			short++
		case size < 100 || size > 199:
			t.Fatal(size)
		default:
			sum += size
		}
	}
	require.InDelta(t, 0.75, float64(short)/n, 0.01)
	require.InDelta(t, 149.5, float64(sum)/float64(n-short), 1)
}

func TestSizesThatAreNone(t *testing.T) {
	for _, text := range []string{"", "x", "-5", "10-5", "5:", "5:0", "5:-1", "5:NaN", "5:Inf", "1,", "1-2-3", "999999999999"} {
		require.Error(t, new(sizes).Set(text), text)
	}
}

func TestThinkTimeIsDrawnFromItsRange(t *testing.T) {
	var k think
	require.NoError(t, k.Set("50ms-150ms"))
	require.Equal(t, 100*time.Millisecond, k.mean())
	r := rand.New(rand.NewPCG(1, 1))
	least, most := time.Hour, time.Duration(0)
	for range 10_000 {
		d := k.draw(r)
		least, most = min(least, d), max(most, d)
	}
	require.InDelta(t, 50e6, float64(least), 1e6)
	require.InDelta(t, 150e6, float64(most), 1e6)
	require.NoError(t, k.Set("1s"))
	require.Equal(t, time.Second, k.draw(r))
	for _, text := range []string{"", "1", "2s-1s", "-1s"} {
		require.Error(t, k.Set(text), text)
	}
}
