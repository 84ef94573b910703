package conntest

import (
	"context"
	"errors"
	"net"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestDialNeedsAListener(t *testing.T) {
	n := &Network{}
	_, err := n.Dial(t.Context(), "nobody")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	l, err := n.Listen("nobody")
	require.NoError(t, err)
	_, err = n.Listen("nobody")
	require.ErrorIs(t, err, syscall.EADDRINUSE)
	require.NoError(t, l.Close())
	require.ErrorIs(t, l.Close(), net.ErrClosed)
	_, err = n.Dial(t.Context(), "nobody")
	require.ErrorIs(t, err, syscall.ECONNREFUSED)
	_, err = n.Listen("nobody")
	require.NoError(t, err, "the address is free again")
}

func TestDialsAreCompletedBeforeTheyAreAccepted(t *testing.T) {
	n := &Network{}
	l, err := n.Listen("")
	require.NoError(t, err)
	first, err := n.Dial(t.Context(), l.Addr().String())
	require.NoError(t, err)
	second, err := n.DialFrom(t.Context(), "10.0.0.1:99", l.Addr().String())
	require.NoError(t, err)
	write(t, first, "hello")
	server, err := l.Accept()
	require.NoError(t, err)
	read(t, server, "hello")
	require.Equal(t, "client:1", server.RemoteAddr().String())
	require.Equal(t, "10.0.0.1:99", second.LocalAddr().String())
	require.Equal(t, 2, LinkOf(second).ID())
	require.Same(t, LinkOf(second), n.Links()[1])
	require.Equal(t, server, LinkOf(first).Server())
	require.Equal(t, first, LinkOf(first).Client())

	require.NoError(t, l.Close())
	require.ErrorIs(t, readErr(second), syscall.ECONNRESET, "nobody accepted it")
	write(t, server, "accepted links stay")
	_, err = l.Accept()
	require.ErrorIs(t, err, net.ErrClosed)
	require.Nil(t, LinkOf(nil))
}

func TestRefuseAndHangDials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &Network{}
		_, err := n.Listen("here")
		require.NoError(t, err)
		n.Refuse(true)
		_, err = n.Dial(t.Context(), "here")
		require.ErrorIs(t, err, syscall.ECONNREFUSED)
		n.Refuse(false)

		n.HangDials(true)
		begin := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_, err = n.Dial(ctx, "here")
		require.ErrorIs(t, err, context.DeadlineExceeded)
		var timeout net.Error
		require.True(t, errors.As(err, &timeout) && timeout.Timeout())
		require.Equal(t, time.Minute, time.Since(begin))
		ended, result := start(func() error { _, err := n.Dial(context.Background(), "here"); return err })
		require.False(t, ended)
		n.HangDials(false)
		require.NoError(t, result())
	})
}

func TestNewLinksInheritTheNetworksFaults(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &Network{}
		n.SetLatency(ToServer, time.Second)
		n.SetLatency(ToClient, 2*time.Second)
		n.SetSlice(ToServer, 1)
		begin := time.Now()
		client, server, _ := connect(t, n)
		require.Equal(t, 3*time.Second, time.Since(begin), "a dial takes one round trip")
		write(t, client, "abc")
		got, err := server.Read(make([]byte, 9))
		require.NoError(t, err)
		require.Equal(t, 1, got)
		require.Equal(t, 4*time.Second, time.Since(begin))
	})
}

func TestANetworkThatIsStalledHangsDials(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &Network{}
		client, server, _ := connect(t, n)
		_, err := n.Listen("here")
		require.NoError(t, err)
		n.Stall(ToClient)
		write(t, server, "held")
		dialed, dial := start(func() error { _, err := n.Dial(context.Background(), "here"); return err })
		arrived, arrive := start(func() error { read(t, client, "held"); return nil })
		require.False(t, dialed || arrived)
		n.Heal(ToClient)
		require.NoError(t, dial())
		require.NoError(t, arrive())
	})
}

func TestCloseEndsEverything(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := &Network{}
		client, _, _ := connect(t, n)
		l, err := n.Listen("here")
		require.NoError(t, err)
		_, accepted := start(func() error { _, err := l.Accept(); return err })
		n.HangDials(true)
		_, dialed := start(func() error { _, err := n.Dial(context.Background(), "here"); return err })
		require.NoError(t, n.Close())
		require.NoError(t, n.Close())
		require.ErrorIs(t, accepted(), net.ErrClosed)
		require.ErrorIs(t, dialed(), syscall.ECONNREFUSED)
		require.ErrorIs(t, readErr(client), syscall.ECONNRESET)
		_, err = n.Listen("there")
		require.ErrorIs(t, err, net.ErrClosed)
	})
}

func TestLinksThatAreOverAreForgotten(t *testing.T) {
	n := &Network{}
	for range 1000 {
		client, server, _ := connect(t, n)
		_ = client.Close()
		_ = server.Close()
	}
	require.Less(t, len(n.links), 100)
	require.Empty(t, n.Links())
}
