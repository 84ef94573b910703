package main

import (
	"context"
	"errors"
	"os/exec"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// gone reports whether there is no such process any more, not even a zombie.
func gone(pid int) bool { return errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func TestAChildEndsWhenItIsStopped(t *testing.T) {
	p, err := start(t.Context())
	require.NoError(t, err)
	require.False(t, gone(p.pid()))
	p.stop()
	require.True(t, gone(p.pid()))
}

func TestAChildEndsWithTheContextAndSoDoesACall(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, err := newRig(ctx, floorPeer, "stream")
	require.NoError(t, err)
	_, err = r.connect(ctx, floorPeer, "stream", 1, 1)
	require.NoError(t, err)
	called := make(chan error)
	go func() {
		var got Streamed
		called <- r.crowd.call(ctx, "Crowd.Stream", Stream{Senders: 1, Size: 64, Time: time.Hour}, &got)
	}()
	cancel()
	require.ErrorIs(t, <-called, context.Canceled)
	r.close()
	require.True(t, gone(r.crowd.pid()))
	require.True(t, gone(r.server.pid()))
}

// TestAChildIgnoresCtrlC: it reaches the whole group, and the parent decides.
func TestAChildIgnoresCtrlC(t *testing.T) {
	p, err := start(t.Context())
	require.NoError(t, err)
	defer p.stop()
	var m Memory
	require.NoError(t, p.call(t.Context(), "Stand.Memory", struct{}{}, &m)) // it is up
	require.NoError(t, syscall.Kill(p.pid(), syscall.SIGINT))
	require.NoError(t, p.call(t.Context(), "Stand.Memory", struct{}{}, &m))
}

// TestAChildDoesNotOutliveItsParent, which may have been killed: its input ends.
func TestAChildDoesNotOutliveItsParent(t *testing.T) {
	self, err := exec.LookPath("/proc/self/exe")
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), self, childArg)
	in, err := cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	require.NoError(t, in.Close())
	require.NoError(t, cmd.Wait())
}
