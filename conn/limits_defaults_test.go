package conn

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// The table of the documentation, asserted.
func TestDefaultLimits(t *testing.T) {
	for name, cfg := range map[string]*Config{"nil": nil, "zero": {}} {
		t.Run(name, func(t *testing.T) {
			c := cfg.orZero()
			require.Equal(t, 1<<20, c.limits().MaxMessage)
			require.Equal(t, 1<<20, c.limits().SendBuffer)
			require.Equal(t, 1<<20, c.limits().Window)
			require.Equal(t, 10*time.Second, c.writeTimeout())
			require.Equal(t, 5*time.Second, c.handshakeTimeout())
			require.Equal(t, 500*time.Millisecond, c.linger())
			require.Equal(t, 2*time.Minute, c.sessionTTL())
			require.Equal(t, time.Second, c.minPing())
			require.Equal(t, 1024, c.maxHandshakes())
			require.Equal(t, 16, c.maxHandshakesPerIP())
			require.Equal(t, 8, c.maxDetached())
			require.Equal(t, int64(256<<20), c.maxDetachedBytes())
			require.Equal(t, 1.0, c.maxFailedResumes())
			require.Equal(t, wire.GoAway{Min: 500 * time.Millisecond, Max: 5 * time.Second}, c.comeBack())
			want := 1 << 16
			if files := maxFiles(); files > 0 {
				want = min(want, files-files/10)
			}
			require.Equal(t, want, c.maxConns())
		})
	}
	require.Equal(t, 4096, wire.MaxControl)
	require.Equal(t, 128, wire.MaxReason)
	require.Equal(t, 32, wire.TokenSize)
}

func TestNegativeLimits(t *testing.T) {
	c := &Config{
		MaxMessage: -1, SendBuffer: -1, Window: -1, WriteTimeout: -1, HandshakeTimeout: -1, Linger: -1,
		SessionTTL: -1, MinPing: -1, MaxConns: -1, MaxHandshakes: -1, MaxHandshakesPerIP: -1,
		MaxDetached: -1, MaxDetachedBytes: -1, MaxFailedResumes: -1, ComeBackMin: -1, ComeBackMax: -1,
	}
	require.Equal(t, maxMessage, c.limits().MaxMessage)
	require.Equal(t, math.MaxInt, c.limits().SendBuffer)
	require.Equal(t, 1<<20, c.limits().Window, "a window has no 'unlimited'")
	require.Zero(t, c.writeTimeout())
	require.Equal(t, 5*time.Second, c.handshakeTimeout(), "nor has a handshake")
	require.Zero(t, c.linger())
	require.Equal(t, 2*time.Minute, c.sessionTTL())
	require.Zero(t, c.minPing())
	require.Zero(t, c.maxHandshakes())
	require.Zero(t, c.maxHandshakesPerIP())
	require.Zero(t, c.maxDetached())
	require.Zero(t, c.maxDetachedBytes())
	require.Zero(t, c.maxFailedResumes())
	require.Equal(t, wire.GoAway{Min: 500 * time.Millisecond, Max: 5 * time.Second}, c.comeBack())
	if files := maxFiles(); files > 0 {
		require.Equal(t, files-files/10, c.maxConns(), "no limit of ours, but that of the system")
	}
}

func TestLimitsBeyondTheFormatAreLowered(t *testing.T) {
	c := &Config{MaxMessage: math.MaxInt, Window: math.MaxInt, MaxConns: math.MaxInt}
	require.Equal(t, maxMessage, c.limits().MaxMessage)
	require.Equal(t, maxWindow, c.limits().Window)
	require.LessOrEqual(t, uint64(c.limits().MaxMessage), uint64(wire.MaxMessage))
	require.LessOrEqual(t, uint64(c.limits().Window), uint64(math.MaxUint32))
	if files := maxFiles(); files > 0 {
		require.Equal(t, files-files/10, c.maxConns())
	}
	require.Equal(t, wire.GoAway{Min: time.Minute, Max: time.Minute}, (&Config{ComeBackMin: time.Minute}).comeBack())
	require.Equal(t, wire.GoAway{Max: time.Minute}, (&Config{ComeBackMax: time.Minute}).comeBack())
}
