package storm

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/longsplice/longsplice/conn/conntest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// weather dials all the time while a storm rages, never at an instant of its, and
// writes down when it succeeds and how many links there are.
func weather(t *testing.T, seed uint64) (log []string) {
	synctest.Test(t, func(t *testing.T) {
		s := New(seed)
		net := conntest.New(&conntest.Config{OnLink: s.OnLink})
		defer net.Close()
		_, err := net.Listen("server")
		require.NoError(t, err)
		raging := make(chan struct{})
		go func() {
			defer close(raging)
			s.Rage(net, 20*time.Second)
		}()
		for begin := time.Now(); time.Since(begin) < 20*time.Second; {
			time.Sleep(12345678 * time.Nanosecond)
			ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
			_, err := net.Dial(ctx, "server")
			cancel()
			log = append(log, fmt.Sprint(time.Since(begin), len(net.Links()), err))
		}
		<-raging
		s.Calm(net)
		before := len(net.Links())
		for range 20 {
			_, err := net.Dial(t.Context(), "server")
			require.NoError(t, err, "it is calm")
		}
		require.Len(t, net.Links(), before+20)
	})
	return log
}

func TestASeedIsAStorm(t *testing.T) {
	for seed := range uint64(20) {
		require.True(t, slices.Equal(weather(t, seed), weather(t, seed)), "seed %d", seed)
	}
	require.False(t, slices.Equal(weather(t, 1), weather(t, 2)))
}
