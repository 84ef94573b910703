package faultproxy_test

import (
	"errors"
	"net"
	"os"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

func TestRefuse(t *testing.T) {
	r := newRig(t, nil)
	client, server := r.dial(t)
	require.NoError(t, r.SetMode(faultproxy.Refuse))
	require.ErrorIs(t, dialAndRead(r), syscall.ECONNREFUSED)
	write(t, client, []byte("links stay"))
	read(t, server, 10)
	require.NoError(t, r.SetMode(faultproxy.Forward))
	client, server = r.dial(t)
	write(t, client, []byte("welcome"))
	read(t, server, 7)
}

func TestReset(t *testing.T) {
	r := newRig(t, nil)
	require.NoError(t, r.SetMode(faultproxy.Reset))
	require.ErrorIs(t, dialAndRead(r), syscall.ECONNRESET)
}

func TestSilent(t *testing.T) {
	r := newRig(t, nil)
	require.NoError(t, r.SetMode(faultproxy.Silent))
	client, err := net.Dial("tcp", r.Addr().String())
	require.NoError(t, err)
	defer client.Close()
	write(t, client, pattern(1<<20))
	require.NoError(t, client.SetReadDeadline(time.Now().Add(30*time.Millisecond)))
	_, err = client.Read(make([]byte, 1))
	require.ErrorIs(t, err, os.ErrDeadlineExceeded)
	require.Zero(t, r.Stats().Links)
	require.NoError(t, client.SetReadDeadline(time.Now().Add(10*time.Second)))
	require.Zero(t, r.Cut(faultproxy.RST))
	_, err = client.Read(make([]byte, 1))
	require.ErrorIs(t, err, syscall.ECONNRESET)
}

func TestPauseAndResume(t *testing.T) {
	r := newRig(t, nil)
	for range 5 {
		client, server := r.dial(t)
		r.link(t)
		require.NoError(t, r.Pause())
		for _, c := range []net.Conn{client, server} {
			_, err := c.Read(make([]byte, 1))
			require.ErrorIs(t, err, syscall.ECONNRESET)
		}
		require.ErrorIs(t, dialAndRead(r), syscall.ECONNREFUSED)
		require.NoError(t, r.Resume())
	}
	client, server := r.dial(t)
	write(t, client, []byte("back"))
	require.Equal(t, "back", string(read(t, server, 4)))
}

func TestResumeFailsWhenTheAddressIsTaken(t *testing.T) {
	r := newRig(t, nil)
	require.NoError(t, r.Pause())
	thief, err := net.Listen("tcp", r.Addr().String())
	require.NoError(t, err)
	require.True(t, errors.Is(r.Resume(), syscall.EADDRINUSE))
	require.NoError(t, thief.Close())
	require.NoError(t, r.Resume())
}
