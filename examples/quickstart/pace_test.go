package main

import (
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestADirectionWaitsForTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(10)
		up, down := p.stride(toServer), p.stride(toClient)
		up.before(11) // within the lead when it begins
		passed := false
		go func() { up.before(1); passed = true }()
		synctest.Wait()
		require.False(t, passed)
		down.before(1) // the one behind may always send
		down.after(1)
		synctest.Wait()
		require.True(t, passed)
	})
}

func TestNobodyWaitsForADirectionThatHasEnded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(0)
		up := p.stride(toServer)
		up.before(1)
		go up.before(1)
		synctest.Wait()
		p.end() // the bubble does not end while somebody waits
		synctest.Wait()
		up.before(1)
	})
}

func TestBothCanWaitAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newPace(0)
		up, down := p.stride(toServer), p.stride(toClient)
		up.before(5)
		down.before(5)
		passed := 0
		done := make(chan struct{}, 2)
		for _, s := range []stride{up, down} {
			go func() { s.before(1); done <- struct{}{} }()
			synctest.Wait()
		}
		up.after(5) // frees down, although up has waited longer
		synctest.Wait()
		down.after(5)
		for range 2 {
			<-done
			passed++
		}
		require.Equal(t, 2, passed)
	})
}
