package room

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestQueueIsFirstInFirstOutWithoutThoseWhoLeft(t *testing.T) {
	type member = Member[int, int]
	var q queue[int, int]
	require.Nil(t, q.peek())
	require.Nil(t, q.pop())
	all := make([]*member, 6)
	for i := range all {
		all[i] = &member{Handle: i, place: queued}
		q.push(all[i])
	}
	for _, i := range []int{0, 2, 5} { // the first, one between, the last
		all[i].place = nowhere
		q.len--
	}
	require.Same(t, all[1], q.peek())
	for _, i := range []int{1, 3, 4} {
		m := q.pop()
		require.Same(t, all[i], m)
		require.Equal(t, served, m.place)
		require.Nil(t, m.behind)
	}
	require.Zero(t, q.len)
	require.Nil(t, q.pop())
	require.Nil(t, q.tail)
	all[0].place = queued
	q.push(all[0])
	require.Same(t, all[0], q.pop())
}
