package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestWhoLeavesIsNotTakenFromThoseWhoAreGoneThrough(t *testing.T) {
	var r rooms[int]
	for m := range 4 {
		r.join(7, m)
	}
	before := r.all(7)
	r.leave(7, 1)
	r.join(7, 9)
	require.Equal(t, []int{0, 1, 2, 3}, before)
	require.Equal(t, []int{0, 2, 3, 9}, r.all(7))
	require.Empty(t, r.all(8))
}

func TestWhoLeavesAllIsNowhere(t *testing.T) {
	var r rooms[int]
	r.join(1, 5)
	r.join(2, 5)
	r.join(2, 6)
	r.leaveAll(5)
	var left []int
	r.each(func(m int) { left = append(left, m) })
	require.Equal(t, []int{6}, left)
}
