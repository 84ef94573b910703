package proxy

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// Row 6: every byte comes by itself, and what the applications receive is the same
// as without the proxy's doing.
func TestOneByteSlices(t *testing.T) {
	stage.Each(t, 6, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		sizes := drawn(100, 500)
		l := open(t, over, r, setup{})
		l.proxy.SetSlice(faultproxy.Both, 1)
		require.Equal(t, transcript(t, over, sizes), l.exchange(sizes))
		r.Note("%d bytes, each by itself", l.proxy.Stats().ToServer+l.proxy.Stats().ToClient)
		l.close()
	})
}

// Row 7: what is sent comes in lumps of 64 KiB, or late.
func TestLumps(t *testing.T) {
	const window = 20 * time.Millisecond
	stage.Each(t, 7, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		sizes := append(drawn(300, 3000), 200_000, 65_536, 12, 65_531, 131_072)
		l := open(t, over, r, setup{})
		l.proxy.SetCoalesce(faultproxy.Both, window)
		require.Equal(t, transcript(t, over, sizes), l.exchange(sizes))
		began := time.Now()
		for range 10 {
			l.up.send(20)
			l.up.heard()
		}
		// What else is on its way, an acknowledgement now and then, begins a window too.
		require.GreaterOrEqual(t, time.Since(began), 5*window, "nothing was gathered")
		r.Note("%d bytes, in lumps", l.proxy.Stats().ToServer+l.proxy.Stats().ToClient)
		l.close()
	})
}

// drawn is the lengths of n messages, the same in each run.
func drawn(n, most int) (sizes []int) {
	random := rand.New(rand.NewPCG(6, 7))
	for range n {
		sizes = append(sizes, random.IntN(most))
	}
	return sizes
}

// A transcript is what both ends have received, as a hash.
func transcript(t *testing.T, over stage.Over, sizes []int) [2]string {
	t.Helper()
	l := open(t, over, nil, setup{})
	defer l.close()
	return l.exchange(sizes)
}

// exchange has both ends send messages at the same time, on one link.
func (l *line) exchange(sizes []int) [2]string {
	l.t.Helper()
	sent := make(chan error, 1)
	go func() {
		for _, size := range sizes {
			if err := l.down.trySend(size); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	l.up.send(sizes...)
	require.NoError(l.t, <-sent)
	l.up.settle()
	l.down.settle()
	require.EqualValues(l.t, 1, l.client.Stats().Links, "a link was given up")
	return [2]string{string(l.up.sum.Sum(nil)), string(l.down.sum.Sum(nil))}
}
