package faultproxy_test

import (
	"fmt"
	"io"
	"net"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

func TestRSTIsSeenByBothEnds(t *testing.T) {
	r := newRig(t, nil)
	client, server := r.dial(t)
	link := r.link(t)
	require.True(t, link.Cut(faultproxy.RST))
	require.False(t, link.Cut(faultproxy.RST), "a link is cut once")
	for _, c := range []net.Conn{client, server} {
		_, err := c.Read(make([]byte, 1))
		require.ErrorIs(t, err, syscall.ECONNRESET)
	}
	select {
	case <-link.Done():
	default:
		require.Fail(t, "cut returned before the sockets were closed")
	}
	require.Equal(t, 1, r.Stats().Cuts)
}

func TestFINIsSeenByBothEnds(t *testing.T) {
	r := newRig(t, nil)
	client, server := r.dial(t)
	write(t, client, []byte("before"))
	require.Equal(t, "before", string(read(t, server, 6)))
	require.Equal(t, 1, r.Cut(faultproxy.FIN))
	for _, c := range []net.Conn{client, server} {
		_, err := c.Read(make([]byte, 1))
		require.Equal(t, io.EOF, err)
		_, _ = c.Write([]byte("swallowed"))
		require.NoError(t, c.Close())
	}
	<-r.done(t)
	require.Equal(t, int64(6), r.Stats().ToServer)
}

// done returns a channel that is closed once no link is left.
func (r rig) done(t testing.TB) <-chan struct{} {
	for _, l := range r.Links() {
		return l.Done()
	}
	closed := make(chan struct{})
	close(closed)
	return closed
}

func TestACutFallsAtExactlyTheByte(t *testing.T) {
	frame := pattern(40)
	for _, how := range []faultproxy.Ending{faultproxy.RST, faultproxy.FIN} {
		for _, way := range []faultproxy.Direction{faultproxy.ToServer, faultproxy.ToClient} {
			t.Run(fmt.Sprintf("%v %v", how, way), func(t *testing.T) {
				var after atomic.Int64
				r := newRig(t, &faultproxy.Config{OnLink: func(l *faultproxy.Link) { l.CutAfter(way, after.Load(), how) }})
				for at := 1; at <= len(frame); at++ {
					after.Store(int64(at))
					writer, reader := r.dial(t)
					if way == faultproxy.ToClient {
						writer, reader = reader, writer
					}
					_, _ = writer.Write(frame)
					got, err := io.ReadAll(reader)
					require.Equal(t, frame[:at], got)
					if how == faultproxy.RST {
						require.ErrorIs(t, err, syscall.ECONNRESET)
					} else {
						require.NoError(t, err)
					}
					_ = writer.Close()
					_ = reader.Close()
				}
				require.Equal(t, len(frame), r.Stats().Cuts)
			})
		}
	}
}

func TestACutAfterNothingStrikesAtOnce(t *testing.T) {
	r := newRig(t, &faultproxy.Config{OnLink: func(l *faultproxy.Link) {
		l.CutAfter(faultproxy.ToClient, 0, faultproxy.RST)
	}})
	require.ErrorIs(t, dialAndRead(r), syscall.ECONNRESET)
}

func TestACutCountsFromWhenItIsOrdered(t *testing.T) {
	r := newRig(t, nil)
	client, server := r.dial(t)
	go func() { _, _ = client.Write(pattern(32 << 20)) }()
	read(t, server, 100_000)
	link := r.link(t)
	link.Stall(faultproxy.ToServer)
	before := link.Forwarded(faultproxy.ToServer)
	link.CutAfter(faultproxy.ToServer, 1234, faultproxy.FIN)
	link.Heal(faultproxy.ToServer)
	rest, err := io.ReadAll(server)
	require.NoError(t, err)
	require.Equal(t, before+1234, int64(100_000+len(rest)))
}

func TestTruncateEndsOneDirectionOnly(t *testing.T) {
	r := newRig(t, &faultproxy.Config{OnLink: func(l *faultproxy.Link) { l.Truncate(faultproxy.ToServer, 3) }})
	client, server := r.dial(t)
	write(t, client, []byte("abcdef"))
	got, err := io.ReadAll(server)
	require.NoError(t, err)
	require.Equal(t, "abc", string(got))
	write(t, server, []byte("still here"))
	require.Equal(t, "still here", string(read(t, client, 10)))
	write(t, client, []byte("swallowed"))
}

func TestCorruptInvertsOneBit(t *testing.T) {
	r := newRig(t, &faultproxy.Config{OnLink: func(l *faultproxy.Link) {
		l.SetSlice(faultproxy.ToServer, 3)
		l.Corrupt(faultproxy.ToServer, 5)
		l.Corrupt(faultproxy.ToServer, 0)
	}})
	client, server := r.dial(t)
	write(t, client, make([]byte, 8))
	require.Equal(t, []byte{1, 0, 0, 0, 0, 1, 0, 0}, read(t, server, 8))
}

func TestCloseResetsAndLeavesNothing(t *testing.T) {
	r := newRig(t, nil)
	client, server := r.dial(t)
	go func() { _, _ = client.Write(pattern(16 << 20)) }() // nobody reads: the proxy is held in a write
	read(t, server, 1)
	require.NoError(t, r.Close())
	require.NoError(t, r.Close(), "a second close does nothing")
	_, err := io.Copy(io.Discard, server)
	require.ErrorIs(t, err, syscall.ECONNRESET)
	_, err = net.DialTimeout("tcp", r.Addr().String(), time.Second)
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	require.ErrorIs(t, r.SetMode(faultproxy.Forward), net.ErrClosed)
}
