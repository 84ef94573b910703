package faultproxy_test

import (
	"io"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// Everything at once, for the race detector and the count of goroutines.
func TestManyClientsUnderEveryFault(t *testing.T) {
	r := newRig(t, &faultproxy.Config{
		Schedule: faultproxy.Schedule{Seed: 9, Cuts: 100, Mean: 50_000},
	})
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := r.target.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer c.Close()
				_, _ = io.Copy(c, c)
			})
		}
	})
	data := pattern(200_000)
	stop := make(chan struct{})
	var clients sync.WaitGroup
	for range 20 {
		clients.Go(func() {
			for {
				select {
				case <-stop:
					return
				default:
				}
				c, err := net.DialTimeout("tcp", r.Addr().String(), time.Second)
				if err != nil {
					continue
				}
				_ = c.SetDeadline(time.Now().Add(100 * time.Millisecond))
				go func() { _, _ = c.Write(data) }()
				got := make([]byte, len(data))
				n, _ := io.ReadFull(c, got)
				require.Equal(t, data[:n], got[:n])
				_ = c.Close()
			}
		})
	}
	for i := range 30 {
		way := []faultproxy.Direction{faultproxy.ToServer, faultproxy.ToClient, faultproxy.Both}[i%3]
		switch i % 6 {
		case 0:
			r.Stall(way)
		case 1:
			r.SetDelay(way, time.Millisecond, time.Millisecond)
		case 2:
			require.NoError(t, r.Pause())
			require.NoError(t, r.Resume())
		case 3:
			r.Cut(faultproxy.FIN)
		case 4:
			require.NoError(t, r.SetMode(faultproxy.Mode(i/6%4)))
		case 5:
			r.Heal(faultproxy.Both)
			r.SetSlice(way, 1000)
			require.NoError(t, r.SetMode(faultproxy.Forward))
		}
		r.Stats()
		<-time.After(5 * time.Millisecond)
	}
	close(stop)
	clients.Wait()
	require.NoError(t, r.Close())
	require.NoError(t, r.target.Close())
	all.Wait()
	require.Zero(t, r.Stats().Open)
}
