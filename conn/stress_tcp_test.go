package conn_test

import (
	"fmt"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// TestStressOnTCP is TestStress on real sockets, whose links read and write in ways
// of their own and park when they are quiet, for some seconds and with nothing that
// the clock could decide.
func TestStressOnTCP(t *testing.T) {
	defer conn.ParkAfter(20 * time.Millisecond)()
	t.Run("at the same time", func(t *testing.T) {
		for seed := range uint64(4) {
			t.Run(fmt.Sprint(seed), func(t *testing.T) {
				t.Parallel()
				stressOnTCP(t, seed)
			})
		}
	})
}

func stressOnTCP(t *testing.T, seed uint64) {
	draw := drawing(seed, 0)
	w := newStressed(seed, plan{real: true, pushed: seed%2 == 1, length: 2 * time.Second})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	proxy, err := faultproxy.Listen(ln.Addr().String(), nil)
	require.NoError(t, err)
	defer proxy.Close()
	w.target = proxy.Addr().String()
	w.bed = &bed{T: t, ctx: t.Context(), cfg: stressConfig(draw)}
	w.cfg.SessionTTL = 3 * time.Second // and so the test ends soon
	w.srv = conn.NewServer(w.handler(), w.cfg)
	served := start(func() error { return w.srv.Serve(t.Context(), ln) })
	for n := range 4 {
		draw := drawing(seed, uint64(1000+n))
		w.lives.Go(func() { w.runClient(draw, stressConfig(draw)) })
	}
	for end := time.Now().Add(w.plan.length); time.Now().Before(end); {
		time.Sleep(time.Duration(1+draw(60)) * time.Millisecond)
		strikeTCP(proxy, draw)
	}
	proxy.Heal(faultproxy.Both)
	proxy.SetSlice(faultproxy.Both, 0)
	proxy.Cut(faultproxy.RST) // and with them what was to end at some byte
	close(w.calm)
	w.lives.Wait()
	require.NoError(t, w.srv.Shutdown(limited(t, 3*time.Minute)))
	require.ErrorIs(t, <-served, conn.ErrServerClosed)
	w.verify()
}

// strikeTCP deals one blow.
func strikeTCP(proxy *faultproxy.Proxy, draw func(int) int) {
	way, ending := faultproxy.Direction(1+draw(3)), faultproxy.Ending(draw(2))
	links := proxy.Links()
	switch n := draw(8); {
	case n == 0:
		proxy.Cut(ending)
	case n == 1:
		proxy.Heal(faultproxy.Both)
	case n == 2:
		proxy.SetSlice(way, 1+draw(200))
	case len(links) == 0:
	case n < 6:
		links[draw(len(links))].CutAfter(way, int64(draw(1+draw(20_000))), ending)
	case n == 6:
		links[draw(len(links))].Stall(way)
	default:
		links[draw(len(links))].Cut(ending)
	}
}
