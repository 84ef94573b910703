package conn

import (
	"context"
	"net"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func newGate(all, perIP int) *gate {
	g := &gate{}
	g.init(&Config{MaxHandshakes: all, MaxHandshakesPerIP: perIP})
	return g
}

// enters starts an enter, and returns its result once there is one.
func enters(ctx context.Context, g *gate, source string) <-chan error {
	done := make(chan error, 1)
	go func() { done <- g.enter(ctx, source) }()
	synctest.Wait()
	return done
}

func TestGateMakesTheSurplusWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(3, 2)
		ctx := t.Context()
		require.NoError(t, g.enter(ctx, "a"))
		require.NoError(t, g.enter(ctx, "a"))
		third := enters(ctx, g, "a")
		require.Empty(t, third, "of one address")
		require.NoError(t, <-enters(ctx, g, "b"), "who waits for its own kind takes no place")
		c := enters(ctx, g, "c")
		require.Empty(t, c, "of all")
		g.leave("a")
		synctest.Wait()
		require.Equal(t, 1, len(third)+len(c), "one place, one of them")
		g.leave("b")
		require.NoError(t, <-third)
		require.NoError(t, <-c)
		for _, s := range []string{"a", "a", "c"} {
			g.leave(s)
		}
		require.Empty(t, g.sources)
		require.Empty(t, g.all)
	})
}

func TestGateGivesUpWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		g := newGate(2, 1)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.NoError(t, g.enter(t.Context(), "a"))
		byAddress := enters(ctx, g, "a")
		require.NoError(t, g.enter(t.Context(), "b"))
		byAll := enters(ctx, g, "c")
		err := <-byAddress
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "1 others of the same address")
		err = <-byAll
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.ErrorContains(t, err, "2 others")
		g.leave("a")
		g.leave("b")
		require.Empty(t, g.sources)
		require.Empty(t, g.all)
		require.NoError(t, g.enter(t.Context(), "a"), "nothing is left of those that gave up")
		g.leave("a")
	})
}

func TestGateWithoutLimits(t *testing.T) {
	g := newGate(-1, -1)
	for range 5000 {
		require.NoError(t, g.enter(t.Context(), "a"))
	}
	for range 5000 {
		g.leave("a")
	}
	require.Empty(t, g.sources)
}

func TestSourceOfAnAddress(t *testing.T) {
	for addr, want := range map[string]string{
		"192.0.2.1:80":                 "192.0.2.1",
		"[::ffff:192.0.2.1]:80":        "192.0.2.1", // the same host on a dual-stack socket
		"[2001:db8:1:2:3:4:5:6]:80":    "2001:db8:1:2::/64",
		"[2001:db8:1:2:ffff::]:9":      "2001:db8:1:2::/64",
		"[fe80::1%eth0]:80":            "fe80::/64",
		"[2001:db8:1:3:3:4:5:6%x]:999": "2001:db8:1:3::/64",
	} {
		require.Equal(t, want, sourceOf(net.TCPAddrFromAddrPort(netip.MustParseAddrPort(addr))), addr)
	}
	require.Empty(t, sourceOf(nil))
	require.Empty(t, sourceOf(&net.UnixAddr{Name: "@", Net: "unix"}))
	require.Empty(t, sourceOf(&net.UnixAddr{Name: "/run/x", Net: "unix"}))
}
