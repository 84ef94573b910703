package faultproxy

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestALineKeepsBytesAndTimes(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	var q line
	start := time.Unix(0, 0)
	now, in, out := start, 0, 0
	due := map[int]time.Time{} // by position
	last := start
	for range 50_000 {
		now = now.Add(time.Duration(random.IntN(50)))
		if room := q.room(); room != nil && random.IntN(2) == 0 {
			n := 1 + random.IntN(min(len(room), 3000))
			at := now.Add(time.Duration(random.IntN(2000)))
			for i := range n {
				room[i] = byte((in + i) * 131 >> 3)
			}
			q.added(n, at)
			if at.After(last) {
				last = at
			}
			due[in] = last
			in += n
		}
		ready := q.ready(now)
		n := random.IntN(len(ready) + 1)
		for i := range n {
			if want := byte((out + i) * 131 >> 3); ready[i] != want {
				require.Equal(t, want, ready[i], "position %d", out+i)
			}
			if at, ok := due[out+i]; ok {
				require.False(t, at.After(now), "a byte left early")
				delete(due, out+i)
			}
		}
		q.left(n)
		out += n
		require.Equal(t, in-out, q.size())
	}
	require.Positive(t, out)
}

func TestALineIsBounded(t *testing.T) {
	var q line
	total := 0
	for room := q.room(); room != nil; room = q.room() {
		q.added(len(room), time.Unix(1, 0))
		total += len(room)
	}
	require.Equal(t, mostHeld, total)
	q.left(total / 2)
	require.NotNil(t, q.room())
	at, held := q.head()
	require.True(t, held)
	require.Equal(t, time.Unix(1, 0), at)
}
