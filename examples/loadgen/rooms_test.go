package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestSeating(t *testing.T) {
	for _, c := range []struct {
		clients, rooms, members int
		want                    [][]int
	}{
		{5, 2, 0, [][]int{{0, 1, 2}, {3, 4}}},
		{4, 4, 0, [][]int{{0}, {1}, {2}, {3}}},
		{4, 2, 2, [][]int{{0, 1}, {2, 3}}},
		{3, 2, 2, [][]int{{0, 1}, {2, 0}}},
		{3, 3, 3, [][]int{{0, 1, 2}, {0, 1, 2}, {0, 1, 2}}},
	} {
		got, err := seating(c.clients, c.rooms, c.members)
		require.NoError(t, err)
		require.Equal(t, c.want, got)
	}
	for _, c := range [][3]int{{1, 2, 0}, {1, 0, 0}, {2, 1, 3}, {9, 2, 4}, {2, 1, -1}} {
		_, err := seating(c[0], c[1], c[2])
		require.Error(t, err, "%v", c)
	}
}

func TestEverybodyHasASeatAndNobodyTwoInARoom(t *testing.T) {
	for clients := 1; clients < 12; clients++ {
		for rooms := 1; rooms < 6; rooms++ {
			for members := 0; members <= clients; members++ {
				seats, err := seating(clients, rooms, members)
				if err != nil {
					continue
				}
				seated := map[int]bool{}
				for _, room := range seats {
					within := map[int]bool{}
					for _, c := range room {
						require.False(t, within[c])
						within[c], seated[c] = true, true
					}
					require.NotEmpty(t, room)
				}
				require.Len(t, seated, clients)
			}
		}
	}
}

func TestARoomIsFullWhenTheLastHasCome(t *testing.T) {
	r := newRoom(3, "x", 2)
	r.enter()
	require.False(t, r.isFull())
	select {
	case <-r.full:
		t.Fatal("somebody is missing")
	default:
	}
	r.enter()
	require.True(t, r.isFull())
	<-r.full
}
