package main

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

func TestTheSameFlagsHaveTheSameCuts(t *testing.T) {
	o := options{messages: 1000, cuts: 30, size: 320, seed: 9}
	plan := func(o options) []faultproxy.PlannedCut {
		return schedule(o, content{seed: o.seed, mean: o.size}).Plan()
	}
	require.Equal(t, plan(o), plan(o))
	require.Equal(t, fingerprint(plan(o)), fingerprint(plan(o)))
	for _, change := range []func(*options){
		func(o *options) { o.seed++ }, func(o *options) { o.cuts++ }, func(o *options) { o.messages *= 2 },
	} {
		other := o
		change(&other)
		require.NotEqual(t, fingerprint(plan(o)), fingerprint(plan(other)))
	}
}

func TestTheCutsFitIntoTheData(t *testing.T) {
	for _, o := range []options{
		{messages: 1, cuts: 1, size: 64}, {messages: 1000, cuts: 1, size: 320},
		{messages: 1000, cuts: 300, size: 320}, {messages: 10, cuts: 1000, size: 64}, {messages: 5, size: 64},
	} {
		c := content{mean: o.size}
		s := schedule(o, c)
		require.Positive(t, s.Mean)
		least := min(total(c, toServer, o.messages), total(c, toClient, o.messages))
		require.LessOrEqual(t, int64(2*s.Mean)*int64(s.Cuts), max(least, int64(2*s.Cuts)))
	}
}

func TestCutsAreCountedByDirection(t *testing.T) {
	plan := []faultproxy.PlannedCut{
		{Direction: faultproxy.ToServer}, {Direction: faultproxy.ToClient}, {Direction: faultproxy.ToServer},
	}
	require.Equal(t, 1, struck(plan, 2, toServer))
	require.Equal(t, 2, struck(plan, 9, toServer))
	require.Equal(t, 1, struck(plan, 3, toClient))
	var out bytes.Buffer
	list(&out, append(plan, make([]faultproxy.PlannedCut, 10)...))
	require.Contains(t, out.String(), "and 3 more")
}
