package wsconn

import (
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestTurn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var lock turn
		var all sync.WaitGroup
		inside, done := 0, 0
		for range 100 {
			all.Go(func() {
				lock.take()
				defer lock.give()
				inside++
				require.Equal(t, 1, inside)
				require.False(t, lock.tryTake())
				time.Sleep(time.Second) // stands for IO; others wait meanwhile
				inside--
				done++
			})
		}
		begin := time.Now()
		all.Wait()
		require.Equal(t, 100, done)
		require.Equal(t, 100*time.Second, time.Since(begin))
		require.True(t, lock.tryTake())
	})
}
