package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

// burn keeps a processor busy until this process has taken d.
func burn(t *testing.T, d time.Duration) {
	t.Helper()
	from, err := cpuTime(os.Getpid())
	require.NoError(t, err)
	for {
		now, err := cpuTime(os.Getpid())
		require.NoError(t, err)
		if now-from >= d {
			return
		}
	}
}

func TestProcessorTimeIsWhatTheProcessIsChargedFor(t *testing.T) {
	charged := func() time.Duration {
		var u unix.Rusage
		require.NoError(t, unix.Getrusage(unix.RUSAGE_SELF, &u))
		return time.Duration(u.Utime.Nano() + u.Stime.Nano())
	}
	before := charged()
	burn(t, 100*time.Millisecond)
	after := charged()
	got, err := cpuTime(os.Getpid())
	require.NoError(t, err)
	require.GreaterOrEqual(t, after-before, 90*time.Millisecond)
	require.GreaterOrEqual(t, got, after-20*time.Millisecond, "less than the kernel charges elsewhere")
}

// TestProcessorTimeOfAnotherProcess compares with the ticks of /proc/PID/stat.
func TestProcessorTimeOfAnotherProcess(t *testing.T) {
	p, err := start(t.Context())
	require.NoError(t, err)
	defer p.stop()
	var m Memory
	for range 20 { // it collects garbage, which takes some time
		require.NoError(t, p.call(t.Context(), "Stand.Memory", struct{}{}, &m))
	}
	got, err := cpuTime(p.pid())
	require.NoError(t, err)

	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", p.pid()))
	require.NoError(t, err)
	fields := strings.Fields(string(stat[strings.LastIndexByte(string(stat), ')'):]))
	user, err := strconv.Atoi(fields[12])
	require.NoError(t, err)
	system, err := strconv.Atoi(fields[13])
	require.NoError(t, err)
	ticks := time.Duration(user+system) * 10 * time.Millisecond

	require.Positive(t, got)
	require.InDelta(t, float64(ticks), float64(got), float64(30*time.Millisecond))
}

func TestProcessorTimeOfNobody(t *testing.T) {
	_, err := cpuTime(1 << 22) // beyond what a process can have
	require.Error(t, err)
}

func TestResidentMemoryGrowsWithWhatIsTouched(t *testing.T) {
	const size = 64 << 20
	before, err := resident(os.Getpid())
	require.NoError(t, err)
	block := make([]byte, size)
	for i := 0; i < size; i += 4096 {
		block[i] = 1
	}
	after, err := resident(os.Getpid())
	require.NoError(t, err)
	require.Greater(t, after-before, int64(size*9/10))
	runtime.KeepAlive(block)
}

func TestResidentMemoryOfNobody(t *testing.T) {
	_, err := resident(1 << 30)
	require.ErrorIs(t, err, os.ErrNotExist)
}
