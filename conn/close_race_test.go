package conn_test

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// zinx #71, #315, #400; gorilla #698, #957: senders of all kinds run into the
// end, and into each other. Nobody panics, everybody gets a typed error.
func TestSendersRunIntoTheEnd(t *testing.T) {
	for seed := range uint64(300) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 5))
			b, c, s := pair(t, nil, conn.Config{SendBuffer: 500})
			batch := numberedBatch(t, 0, 5)
			var all sync.WaitGroup
			for i := range 8 {
				all.Go(func() {
					for {
						var err error
						switch i % 4 {
						case 0:
							err = c.Send(t.Context(), []byte("x"))
						case 1:
							err = c.TrySend([]byte("x"))
						case 2:
							err = c.TrySendBatch(batch)
						case 3:
							err = c.Flush(limited(t, time.Millisecond))
							if err == nil { // all was consumed, also by the end
								err = c.Err()
							}
						}
						var unknown *conn.UnknownError
						switch {
						case err == nil:
							time.Sleep(100 * time.Microsecond) // or time would stand still
						case errors.Is(err, conn.ErrFull), errors.As(err, &unknown):
							time.Sleep(time.Millisecond)
						default:
							requireEnd(t, err)
							return
						}
					}
				})
			}
			go func() { _, _ = drainOf(s) }()
			time.Sleep(time.Duration(rng.IntN(10)) * time.Millisecond)
			switch rng.IntN(3) {
			case 0:
				_ = c.Close()
			case 1:
				_ = s.Close()
			case 2:
				_ = b.srv.Close()
			}
			time.Sleep(time.Second)
			_ = c.Close()
			all.Wait()
		})
	}
}

// drainOf receives to the end.
func drainOf(c *conn.Conn) (n int, err error) {
	for ; ; n++ {
		if _, err := c.Receive(context.Background()); err != nil {
			return n, err
		}
	}
}

// requireEnd checks that err is one that says how a session ended.
func requireEnd(t *testing.T, err error) {
	t.Helper()
	var remote *conn.CloseError
	var lost *conn.LostError
	if !errors.Is(err, net.ErrClosed) && !errors.As(err, &remote) && !errors.As(err, &lost) && !errors.Is(err, io.EOF) {
		require.Failf(t, "not a typed end", "%T %v", err, err)
	}
}

// Row 38: Close races Send, Receive, Flush, dials and resumptions, thousands of
// times. It returns within a second, and so does everything else.
func TestCloseRacesEverything(t *testing.T) {
	row.Of(t, 38, "")
	runs := 2000
	if testing.Short() {
		runs = 200
	}
	for seed := range uint64(runs) {
		synctest.Test(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 6))
			b, c, s := pair(t, nil, conn.Config{SendBuffer: 300})
			b.net.SetLatency(conntest.Both, time.Duration(1+rng.IntN(2))*time.Millisecond)
			ended := []<-chan error{
				start(func() error { return give(t.Context(), c, 0, 1_000_000) }),
				start(func() error { _, err := drainOf(c); return err }),
			}
			go func() { _, _ = drainOf(s) }()
			time.Sleep(time.Duration(rng.IntN(5000)) * time.Microsecond)
			if rng.IntN(2) == 0 {
				b.net.Cut(conntest.RST)
				time.Sleep(time.Duration(rng.IntN(4000)) * time.Microsecond)
			}
			if rng.IntN(4) == 0 {
				b.net.HangDials(true)
			}
			within(t, time.Second, func() {
				_ = c.Close()
				for _, e := range ended {
					requireEnd(t, <-e)
				}
			})
			requireEnd(t, c.Err())
		})
	}
}
