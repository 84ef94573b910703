package conntest

import (
	"io"
	"net"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestRSTLosesWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &Network{}
		client, server, link := connect(t, n)
		write(t, client, "lost")
		_, blocked := start(func() error { return readErr(client) })
		require.Equal(t, 1, n.Cut(RST))
		require.ErrorIs(t, blocked(), syscall.ECONNRESET)
		for _, c := range []net.Conn{client, server} {
			require.ErrorIs(t, readErr(c), syscall.ECONNRESET)
			require.ErrorIs(t, writeErr(c), syscall.ECONNRESET)
		}
		require.True(t, link.Over())
		require.False(t, link.Cut(RST))
		require.Empty(t, n.Links())
		require.NoError(t, client.Close())
	})
}

func TestFINDeliversWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &Network{}
		client, server, link := connect(t, n)
		write(t, client, "delivered")
		require.True(t, link.Cut(FIN))
		require.False(t, link.Cut(FIN))
		require.ErrorIs(t, writeErr(client), syscall.EPIPE)
		read(t, server, "delivered")
		require.Equal(t, io.EOF, readErr(server))
		require.Equal(t, io.EOF, readErr(client))
		require.Len(t, n.Links(), 1)
		require.NoError(t, server.Close())
		require.NoError(t, client.Close())
		require.Empty(t, n.Links())
	})
}

func TestACutFallsAtExactlyTheByte(t *testing.T) {
	const frame = "sixteen bytes ok"
	for _, way := range []Direction{ToServer, ToClient} {
		for _, how := range []Ending{RST, FIN} {
			for at := range len(frame) + 1 {
				n := New(&Config{OnLink: func(l *Link) { l.CutAfter(way, int64(at), how) }})
				writer, reader, link := connect(t, n)
				if way == ToClient {
					writer, reader = reader, writer
				}
				_, _ = writer.Write([]byte(frame))
				got, err := io.ReadAll(reader)
				require.Equal(t, frame[:at], string(got))
				require.EqualValues(t, at, link.Delivered(way))
				if how == RST {
					require.ErrorIs(t, err, syscall.ECONNRESET)
					require.ErrorIs(t, writeErr(writer), syscall.ECONNRESET)
				} else {
					require.NoError(t, err)
					require.ErrorIs(t, writeErr(writer), syscall.EPIPE)
				}
			}
		}
	}
}

func TestAStallHoldsOneDirection(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := New(&Config{Buffer: 8})
		client, server, link := connect(t, n)
		write(t, client, "ab")
		link.Stall(ToServer)
		ended, got := start(func() error { read(t, server, "abcdef"); return readErr(server) })
		require.False(t, ended)
		write(t, client, "cdef")
		write(t, server, "opposite")
		read(t, client, "opposite")
		require.NoError(t, client.Close())
		time.Sleep(time.Hour)
		link.Heal(ToServer)
		require.Equal(t, io.EOF, got())
	})
}

func TestAStalledPeerIsResetOnlyAfterHealing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, link := connect(t, &Network{})
		link.Stall(Both)
		write(t, client, "to nobody")
		require.NoError(t, server.Close())
		ended, result := start(func() error { return readErr(client) })
		require.False(t, ended, "the close must not get through")
		link.Heal(ToServer)
		synctest.Wait()
		link.Heal(ToClient)
		require.Equal(t, io.EOF, result(), "FIN was sent before the bytes came in")
		require.ErrorIs(t, writeErr(client), syscall.EPIPE)
	})
}

func TestLatencyDelaysAndKeepsOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, link := connect(t, &Network{})
		begin := time.Now()
		link.SetLatency(ToServer, time.Minute)
		write(t, client, "slow ")
		time.Sleep(time.Second)
		link.SetLatency(ToServer, 0)
		write(t, client, "then fast")
		require.NoError(t, client.Close())
		read(t, server, "slow then fast")
		require.Equal(t, time.Minute, time.Since(begin))
		require.Equal(t, io.EOF, readErr(server))
	})
}

func TestAResetTravelsOneRoundTrip(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, link := connect(t, &Network{})
		link.SetLatency(ToServer, 3*time.Second)
		link.SetLatency(ToClient, 4*time.Second)
		write(t, client, "in flight")
		require.NoError(t, server.Close())
		begin := time.Now()
		require.Equal(t, io.EOF, readErr(client))
		require.Equal(t, 4*time.Second, time.Since(begin))
		require.NoError(t, writeErr(client))
		time.Sleep(3*time.Second - 1)
		synctest.Wait()
		require.NoError(t, writeErr(client))
		time.Sleep(1)
		require.ErrorIs(t, writeErr(client), syscall.EPIPE)
	})
}

func TestASliceLimitsARead(t *testing.T) {
	client, server, link := connect(t, &Network{})
	link.SetSlice(ToServer, 3)
	write(t, client, "abcdefgh")
	p := make([]byte, 8)
	for _, want := range []string{"abc", "def", "gh"} {
		n, err := server.Read(p)
		require.NoError(t, err)
		require.Equal(t, want, string(p[:n]))
	}
	link.SetSlice(ToServer, -1)
	write(t, client, strings.Repeat("x", 8))
	n, _ := server.Read(p)
	require.Equal(t, 8, n)
}
