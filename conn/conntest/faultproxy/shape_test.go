package faultproxy_test

import (
	"io"
	"net"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

func silent(t *testing.T, c net.Conn, d time.Duration) {
	t.Helper()
	require.NoError(t, c.SetReadDeadline(time.Now().Add(d)))
	n, err := c.Read(make([]byte, 1<<20))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Zero(t, n)
	require.NoError(t, c.SetReadDeadline(time.Now().Add(20*time.Second)))
}

func TestAStallHoldsEverythingAndLosesNothing(t *testing.T) {
	r := newRig(t, nil)
	client, server := r.dial(t)
	sent := pattern(8 << 20)
	go func() {
		_, _ = client.Write(sent)
		_ = client.CloseWrite()
	}()
	got := read(t, server, 100_000)
	r.Stall(faultproxy.ToServer)
	before := r.Stats().ToServer
	got = append(got, read(t, server, int(before)-len(got))...)
	silent(t, server, 30*time.Millisecond)
	write(t, server, []byte("the other way is open"))
	read(t, client, 21)
	require.Equal(t, before, r.Stats().ToServer)

	r.Heal(faultproxy.ToServer)
	rest, err := io.ReadAll(server)
	require.NoError(t, err)
	require.Equal(t, sent, append(got, rest...))
}

func TestNewLinksInheritAStall(t *testing.T) {
	r := newRig(t, nil)
	r.Stall(faultproxy.Both)
	client, server := r.dial(t)
	write(t, client, []byte("held"))
	silent(t, server, 20*time.Millisecond)
	r.link(t).Heal(faultproxy.ToServer)
	require.Equal(t, "held", string(read(t, server, 4)))
	write(t, server, []byte("held too"))
	silent(t, client, 20*time.Millisecond)
	r.link(t)
	require.True(t, r.Links()[0].Cut(faultproxy.RST), "a stalled link can be cut")
}

func TestDelayKeepsOrder(t *testing.T) {
	r := newRig(t, &faultproxy.Config{Seed: 7})
	r.SetDelay(faultproxy.ToServer, 15*time.Millisecond, 15*time.Millisecond)
	client, server := r.dial(t)
	sent := pattern(3 << 20)
	go func() {
		for i := 0; i < len(sent); {
			n := min(1+i%4099, len(sent)-i)
			_, _ = client.Write(sent[i : i+n])
			i += n
		}
		_ = client.CloseWrite()
	}()
	got, err := io.ReadAll(server)
	require.NoError(t, err)
	require.Equal(t, sent, got)
}

func TestDelayLastsAsLongAsItSays(t *testing.T) {
	r := newRig(t, nil)
	r.SetDelay(faultproxy.ToServer, 200*time.Millisecond, 0)
	client, server := r.dial(t)
	for range 2 {
		begin := time.Now()
		write(t, client, []byte("x"))
		read(t, server, 1)
		require.GreaterOrEqual(t, time.Since(begin), 200*time.Millisecond)
		begin = time.Now()
		write(t, server, []byte("x"))
		read(t, client, 1)
		require.Less(t, time.Since(begin), 200*time.Millisecond, "the other direction is not delayed")
	}
}

func TestADelayedFINComesLast(t *testing.T) {
	r := newRig(t, nil)
	r.SetDelay(faultproxy.Both, 20*time.Millisecond, 0)
	client, server := r.dial(t)
	write(t, client, []byte("last words"))
	require.NoError(t, client.CloseWrite())
	got, err := io.ReadAll(server)
	require.NoError(t, err)
	require.Equal(t, "last words", string(got))
}

func TestSliceAndCoalesce(t *testing.T) {
	r := newRig(t, nil)
	r.SetSlice(faultproxy.ToServer, 1)
	r.SetCoalesce(faultproxy.ToClient, 150*time.Millisecond)
	client, server := r.dial(t)

	sent := pattern(2000)
	write(t, client, sent)
	require.Equal(t, sent, read(t, server, len(sent)))

	begin := time.Now()
	for range 10 {
		write(t, server, []byte("bit "))
	}
	p := make([]byte, 100)
	n, err := client.Read(p)
	require.NoError(t, err)
	require.Equal(t, 40, n, "all came in one write")
	require.GreaterOrEqual(t, time.Since(begin), 150*time.Millisecond)

	write(t, server, sent[:7])
	require.NoError(t, server.CloseWrite())
	got, err := io.ReadAll(client)
	require.NoError(t, err)
	require.Equal(t, sent[:7], got)
}

func TestBandwidth(t *testing.T) {
	r := newRig(t, nil)
	r.SetBandwidth(faultproxy.ToServer, 1<<20)
	client, server := r.dial(t)
	sent := pattern(128 << 10)
	begin := time.Now()
	go func() { _, _ = client.Write(sent) }()
	require.Equal(t, sent, read(t, server, len(sent)))
	require.GreaterOrEqual(t, time.Since(begin), 120*time.Millisecond)
}

func TestControlsWhileBytesFlow(t *testing.T) {
	r := newRig(t, nil)
	client, server := r.dial(t)
	sent := pattern(4 << 20)
	go func() {
		_, _ = client.Write(sent)
		_ = client.CloseWrite()
	}()
	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			default:
			}
			r.Stall(faultproxy.ToServer)
			r.SetSlice(faultproxy.ToServer, 1000+i%50_000)
			r.SetDelay(faultproxy.ToServer, time.Duration(i%300)*time.Microsecond, 0)
			r.SetCoalesce(faultproxy.ToServer, time.Duration(i%7)*10*time.Microsecond)
			r.Heal(faultproxy.ToServer)
		}
	}()
	got, err := io.ReadAll(server)
	close(stop)
	<-stopped
	require.NoError(t, err)
	require.Equal(t, sent, got)
}
