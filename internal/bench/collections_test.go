package main

import (
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestCollectionsAreCountedFromOneLookToTheNext(t *testing.T) {
	before := collections()
	for range 3 {
		runtime.GC()
	}
	after := collections()
	got := after.since(before)
	require.GreaterOrEqual(t, got.Times, int64(3))
	require.Len(t, got.Pauses, int(got.Times))
	require.Positive(t, got.longest())
	require.Positive(t, got.CPU)
	require.Zero(t, after.since(after).longest())
}

func TestTheLongestPauseIsOneSinceTheLookBefore(t *testing.T) {
	pauses := []time.Duration{2, 5, 9}
	c := Collections{Times: 3, Pauses: pauses}
	require.EqualValues(t, 5, c.since(Collections{Times: 1}).longest())
	require.EqualValues(t, 9, c.since(Collections{Times: -1000}).longest(), "more than the runtime remembers")
}
