//go:build linux

package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"os"
	"regexp"
	"strconv"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// peak is the most memory that a process has had resident so far, in bytes.
func peak(t *testing.T, p *process) int {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
	require.NoError(t, err)
	match := regexp.MustCompile(`VmHWM:\s+(\d+) kB`).FindSubmatch(status)
	require.NotNil(t, match, string(status))
	kib, err := strconv.Atoi(string(match[1]))
	require.NoError(t, err)
	return kib << 10
}

func TestABigFileTakesLittleMemory(t *testing.T) {
	const size, most = 256 << 20, 64 << 20
	got := sha256.New()
	receiver := launch(t, nil, got, "listen", "127.0.0.1:0")
	proxy, err := faultproxy.Listen(receiver.listening(t), &faultproxy.Config{
		Schedule: faultproxy.Schedule{Seed: 4, Cuts: 20, Mean: 4 << 20, Directions: faultproxy.ToServer},
	})
	require.NoError(t, err)
	defer proxy.Close()
	in, sum := data(size)
	end := newGate(io.MultiReader(in), size)
	sender := launch(t, end, nil, "send", proxy.Addr().String())
	<-end.reached // both processes are still there to be measured
	used := map[string]int{"sender": peak(t, sender), "receiver": peak(t, receiver)}
	close(end.open)
	sender.ends(t, 0)
	receiver.ends(t, 0)
	agree(t, sum, got, sender, receiver)
	require.Equal(t, 20, proxy.Stats().Cuts)
	for who, bytes := range used {
		t.Logf("%s: at most %d MiB", who, bytes>>20)
		require.Less(t, bytes, most, who)
	}
}
