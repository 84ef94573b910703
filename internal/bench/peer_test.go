package main

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// collect makes a receiver of a channel.
func collect() (receiver, <-chan string) {
	c := make(chan string, 100)
	return func(_ client, msg []byte) { c <- string(msg) }, c
}

func next(t *testing.T, c <-chan string) string {
	t.Helper()
	select {
	case s := <-c:
		return s
	case <-time.After(10 * time.Second):
		require.FailNow(t, "nothing comes")
		return ""
	}
}

// TestEveryPeer holds all peers to what the works rely on.
func TestEveryPeer(t *testing.T) {
	for _, p := range peers {
		t.Run(p.name, func(t *testing.T) {
			t.Run("answers", func(t *testing.T) { testAnswers(t, p) })
			t.Run("publishes to a room", func(t *testing.T) { testRooms(t, p) })
			t.Run("says when it is over", func(t *testing.T) { testEnd(t, p) })
		})
	}
}

func testAnswers(t *testing.T, p *peer) {
	s, err := p.serve("127.0.0.1:0", func(msg []byte, from sender) error {
		return from.Send(append([]byte("you said "), msg...))
	})
	require.NoError(t, err)
	defer s.Close()
	receive, got := collect()
	c, err := p.dial(t.Context(), target{addr: s.Addr(), receive: receive})
	require.NoError(t, err)
	defer c.Close()
	for i := range 10 {
		require.NoError(t, c.Send(fmt.Appendf(nil, "%d", i)))
	}
	require.NoError(t, c.Flush())
	for i := range 10 {
		require.Equal(t, fmt.Sprintf("you said %d", i), next(t, got))
	}
	long := string(make([]byte, 64<<10))
	require.NoError(t, c.Send([]byte(long)))
	require.NoError(t, c.Flush())
	require.Equal(t, "you said "+long, next(t, got))
}

func testRooms(t *testing.T, p *peer) {
	s, err := p.serve("127.0.0.1:0", func([]byte, sender) error { return nil })
	require.NoError(t, err)
	defer s.Close()
	var got [3]<-chan string
	for i := range got { // two in room 0, one in room 1
		var receive receiver
		receive, got[i] = collect()
		c, err := p.dial(t.Context(), target{addr: s.Addr(), room: uint32(i % 2), receive: receive})
		require.NoError(t, err)
		defer c.Close()
	}
	burst := [][]byte{[]byte("one"), []byte("two"), []byte("three")}
	require.NoError(t, s.Publish(0, burst))
	for _, m := range burst {
		clear(m) // what was published is no longer the peer's
	}
	require.NoError(t, s.Publish(1, [][]byte{[]byte("alone")}))
	for _, i := range []int{0, 2} {
		require.Equal(t, "one", next(t, got[i]))
		require.Equal(t, "two", next(t, got[i]))
		require.Equal(t, "three", next(t, got[i]))
	}
	require.Equal(t, "alone", next(t, got[1]))
}

func testEnd(t *testing.T, p *peer) {
	s, err := p.serve("127.0.0.1:0", func([]byte, sender) error { return nil })
	require.NoError(t, err)
	receive, _ := collect()
	c, err := p.dial(t.Context(), target{addr: s.Addr(), receive: receive})
	require.NoError(t, err)
	require.NoError(t, s.Close())
	select {
	case <-c.Done():
	case <-time.After(10 * time.Second):
		require.FailNow(t, "the client has not noticed")
	}
	_ = c.Close() // it may say that it is closed
}
