package faultproxy_test

import (
	"io"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// dialAndRead returns the first error of a connection on which nothing is
// said. A reset may come before the dial has returned.
func dialAndRead(r rig) error {
	client, err := net.DialTimeout("tcp", r.Addr().String(), 10*time.Second)
	if err != nil {
		return err
	}
	defer client.Close()
	_ = client.SetDeadline(time.Now().Add(10 * time.Second))
	_, err = client.Read(make([]byte, 1))
	return err
}

func TestBytesPassBothWays(t *testing.T) {
	r := newRig(t, nil)
	client, server := r.dial(t)
	sent := pattern(3 << 20)
	got := make(chan []byte, 1)
	go func() {
		p := make([]byte, len(sent))
		_, _ = io.ReadFull(client, p)
		got <- p
	}()
	go func() { _, _ = client.Write(sent) }()
	go func() { _, _ = server.Write(sent) }()
	require.Equal(t, sent, read(t, server, len(sent)))
	require.Equal(t, sent, <-got)
	stats := r.Stats()
	require.Equal(t, int64(len(sent)), stats.ToServer)
	require.Equal(t, int64(len(sent)), stats.ToClient)
	require.Equal(t, 1, stats.Open)
}

func TestAHalfCloseLeavesTheWayBackOpen(t *testing.T) {
	for _, side := range []string{"client", "server"} {
		t.Run(side+" closes first", func(t *testing.T) {
			r := newRig(t, nil)
			first, second := r.dial(t)
			if side == "server" {
				first, second = second, first
			}
			write(t, first, []byte("question"))
			require.NoError(t, first.CloseWrite())
			question, err := io.ReadAll(second)
			require.NoError(t, err)
			require.Equal(t, "question", string(question))

			reply := pattern(2 << 20)
			go func() {
				_, _ = second.Write(reply)
				_ = second.CloseWrite()
			}()
			got, err := io.ReadAll(first)
			require.NoError(t, err)
			require.Equal(t, reply, got)
			require.Eventually(t, func() bool { return r.Stats().Open == 0 }, 10*time.Second, time.Millisecond)
		})
	}
}

func TestAResetByOneEndReachesTheOther(t *testing.T) {
	r := newRig(t, nil)
	client, server := r.dial(t)
	write(t, client, []byte("hello"))
	read(t, server, 5)
	require.NoError(t, client.SetLinger(0))
	require.NoError(t, client.Close())
	_, err := server.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
	require.Zero(t, r.Stats().Cuts, "only the proxy's own cuts count")
}

func TestAClientIsResetWhenTheTargetIsGone(t *testing.T) {
	r := newRig(t, nil)
	require.NoError(t, r.target.Close())
	require.ErrorIs(t, dialAndRead(r), syscall.ECONNRESET)
	require.Eventually(t, func() bool { return r.Stats().DialErrors == 1 }, 10*time.Second, time.Millisecond)
}

func TestTheTargetCanMove(t *testing.T) {
	r, other := newRig(t, nil), newRig(t, nil)
	r.SetTarget(other.target.Addr().String())
	r.target = other.target
	client, server := r.dial(t)
	write(t, client, []byte("moved"))
	require.Equal(t, "moved", string(read(t, server, 5)))
}

func TestUnixSockets(t *testing.T) {
	dir := t.TempDir()
	target, err := net.Listen("unix", dir+"/target")
	require.NoError(t, err)
	defer target.Close()
	proxy, err := faultproxy.Listen("unix:"+dir+"/target", &faultproxy.Config{Listen: "unix:" + dir + "/proxy"})
	require.NoError(t, err)
	defer proxy.Close()

	client, err := net.Dial("unix", dir+"/proxy")
	require.NoError(t, err)
	defer client.Close()
	server, err := target.Accept()
	require.NoError(t, err)
	defer server.Close()
	write(t, client, []byte("ping"))
	require.Equal(t, "ping", string(read(t, server, 4)))
	require.NoError(t, client.(*net.UnixConn).CloseWrite())
	_, err = server.Read(make([]byte, 1))
	require.Equal(t, io.EOF, err)
	write(t, server, []byte("pong"))
	require.Equal(t, "pong", string(read(t, client, 4)))
	require.Equal(t, 1, proxy.Cut(faultproxy.RST))
	_, err = client.Read(make([]byte, 1))
	require.Error(t, err)
}
