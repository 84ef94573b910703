package quota

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAUserIsForgottenWhenTheRateIsFullAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var us Users
		l := Limits{Rate: 1, Burst: 10, Connections: 1}
		u := us.Enter("ann", l)
		require.Nil(t, us.Enter("ann", l), "one too many")
		for range 10 {
			require.True(t, u.Allow())
		}
		require.False(t, u.Allow())
		u.Leave()
		time.Sleep(2 * time.Second)
		u = us.Enter("ann", l)
		require.True(t, u.Allow())
		require.True(t, u.Allow())
		require.False(t, u.Allow(), "coming back has made nobody faster")
		u.Leave()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		require.Empty(t, us.m)
	})
}

func TestRoomsAreCounted(t *testing.T) {
	var us Users
	l := Limits{Rate: 1, Burst: 1, Connections: 2, Rooms: 2}
	a, b := us.Enter("ann", l), us.Enter("ann", l)
	require.True(t, a.Join(l))
	require.True(t, b.Join(l))
	require.False(t, a.Join(l), "over all connections")
	b.Part()
	require.True(t, a.Join(l))
}

func TestAnotherRateHoldsAtOnce(t *testing.T) {
	var us Users
	u := us.Enter("ann", Limits{Rate: 1, Burst: 1, Connections: 1})
	require.True(t, u.Allow())
	require.False(t, u.Allow())
	us.Adjust(Limits{Rate: 1e9, Burst: 5})
	require.Eventually(t, u.Allow, time.Second, time.Millisecond)
}
