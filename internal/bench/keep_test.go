package main

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// TestEveryPeerComesBack: by its own means or by the application's loop.
func TestEveryPeerComesBack(t *testing.T) {
	for _, p := range peers {
		if !p.takesPart("storm") {
			continue
		}
		t.Run(p.name, func(t *testing.T) {
			t.Parallel() // most of the time goes by in waiting for the next attempt
			echo := func(msg []byte, from sender) error { return from.Send(msg) }
			s, err := p.serve("127.0.0.1:0", echo)
			require.NoError(t, err)
			addr := s.Addr()
			receive, got := collect()
			dials, welcomes := make(chan bool, 1000), make(chan bool, 1000)
			c, err := kept(t.Context(), p, target{addr: addr, receive: receive}, keeping{
				dialled:   func() { dials <- true },
				connected: func() { welcomes <- true },
				unknown:   func([][]byte) {},
			})
			require.NoError(t, err)
			first := make([]byte, echoSize)
			header{seq: 1}.put(first)
			require.NoError(t, c.Send(first))
			require.Equal(t, string(first), next(t, got))
			require.NotEmpty(t, dials)
			for len(welcomes) > 0 { // nats.go tells of those after the first alone
				<-welcomes
			}

			require.NoError(t, s.Close())
			s, err = p.serve(addr, echo)
			require.NoError(t, err)
			defer s.Close()
			select {
			case <-welcomes:
			case <-time.After(20 * time.Second):
				require.FailNow(t, "it has not come back")
			}
			second := make([]byte, echoSize)
			header{seq: 2}.put(second)
			require.NoError(t, c.Send(second))
			require.Equal(t, string(second), next(t, got))
			_ = c.Close()
			<-c.Done()
		})
	}
}

func TestARedialledClientTakesNothingWhileItIsDown(t *testing.T) {
	r := new(redialler)
	require.ErrorIs(t, r.Send([]byte("x")), errDown)
}
