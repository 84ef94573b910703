package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestContentFollowsFromSeedDirectionAndIndex(t *testing.T) {
	c := content{seed: 1, mean: 320}
	for i := range uint64(5000) {
		msg := c.message(toClient, i, nil)
		require.Equal(t, msg, c.message(toClient, i, make([]byte, 1<<19)), "whatever memory it is made in")
		require.Len(t, msg, c.size(toClient, i))
		require.LessOrEqual(t, len(msg), c.largest())
		d, index, ok := indexOf(msg)
		require.True(t, ok)
		require.Equal(t, toClient, d)
		require.Equal(t, i, index)
	}
	require.NotEqual(t, c.message(toClient, 1, nil)[header:], c.message(toServer, 1, nil)[header:])
	require.NotEqual(t, c.message(toClient, 1, nil), content{2, 320}.message(toClient, 1, nil))
}

func TestSizesAreMixed(t *testing.T) {
	for _, mean := range []int{minMean, 320, 5000} {
		c := content{seed: 1, mean: mean}
		const n = 200_000
		var sum, short, giant int
		for i := range uint64(n) {
			size := c.size(toServer, i)
			sum += size
			if size < mean {
				short++
			}
			if size >= 320*mean {
				giant++
			}
		}
		require.InEpsilon(t, mean, float64(sum)/n, 0.05)
		require.InDelta(t, n*0.98, short, n*0.005)
		require.InDelta(t, n/2000, giant, 50)
	}
}
