package main

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// quick are options of a run of some seconds, in which as much happens as else in
// some minutes.
func quick(length time.Duration) options {
	return options{length: length, clients: 60, seed: 1, pace: 150 * time.Millisecond, rate: 10, trend: 10 * time.Minute}
}

func needsLinux(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("processes are stopped, and share memory")
	}
}

func TestAShortSoakFindsNothing(t *testing.T) {
	needsLinux(t)
	t.Parallel()
	o := quick(10 * time.Second)
	o.page = filepath.Join(t.TempDir(), "soak.html")
	var out bytes.Buffer
	f, err := soak(t.Context(), o, &out)
	require.NoError(t, err)
	require.True(t, f.good(), "%s", out.Bytes())
	require.True(t, strings.HasSuffix(out.String(), "lost=0 duplicated=0 reordered=0\n"))

	counts := map[string]uint64{}
	for _, c := range append(f.Counts, f.Struck...) {
		counts[c.Name] = c.N
	}
	for _, name := range []string{
		"sessions", "resumptions", "messages delivered", "messages sent once more for a cut link", "flushes", "values of rooms compared",
		"… and told to be consumed", "… and told to be unknown", "… and told to be undelivered", "… by a sender that was killed",
		"server killed", "server stopped", "server drained", "clients killed", "clients stopped", "RST", "FIN", "slices of one byte",
	} {
		require.Positive(t, counts[name], name)
	}
	require.Contains(t, f.Outcomes.Ends, restarted.String())
	require.Contains(t, f.Outcomes.Ends, goingAway.String())

	page, err := os.ReadFile(o.page)
	require.NoError(t, err)
	require.Contains(t, string(page), "lost=0 duplicated=0 reordered=0")
	require.Contains(t, string(page), "too short to judge")
	require.Equal(t, 9, strings.Count(string(page), "<svg"))
}

func TestASoakIsEndedEarly(t *testing.T) {
	needsLinux(t)
	t.Parallel()
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	o := quick(time.Hour)
	var out bytes.Buffer
	f, err := soak(ctx, o, &out)
	require.NoError(t, err)
	require.True(t, f.good(), "%s", out.Bytes())
	require.Positive(t, f.Counts[0].N)
}

// TestEveryBreachIsFound is why the verdict may be believed.
func TestEveryBreachIsFound(t *testing.T) {
	needsLinux(t)
	t.Parallel()
	type result struct {
		f   *findings
		err error
		out bytes.Buffer
	}
	// All at once: they wait more than they work.
	results := map[breach]chan *result{}
	for _, b := range []breach{drops, doubles, swaps, leaksGoroutines, leaksMemory} {
		o := quick(4 * time.Second)
		o.breach, o.clients = b, 30
		if b == leaksGoroutines || b == leaksMemory {
			o.length, o.trend = 8*time.Second, time.Second
		}
		came := make(chan *result, 1)
		results[b] = came
		go func() {
			r := new(result)
			r.f, r.err = soak(t.Context(), o, &r.out)
			came <- r
		}()
	}
	for b, found := range map[breach]func(f *findings) bool{
		drops:           func(f *findings) bool { return f.Faults.Lost > 0 },
		doubles:         func(f *findings) bool { return f.Faults.Duplicated > 0 },
		swaps:           func(f *findings) bool { return f.Faults.Reordered > 0 },
		leaksGoroutines: func(f *findings) bool { return f.failed("goroutines of server:") },
		leaksMemory:     func(f *findings) bool { return f.failed("heap of server:") && f.failed("memory of server:") },
	} {
		t.Run(string(b), func(t *testing.T) {
			r := <-results[b]
			require.NoError(t, r.err)
			require.False(t, r.f.good())
			require.True(t, found(r.f), "%s", r.out.Bytes())
		})
	}
}

// failed reports whether a verdict that begins like this is that something fails.
func (f *findings) failed(what string) bool {
	for _, v := range f.Verdicts {
		if strings.HasPrefix(v.What, what) && v.Judge == fails {
			return true
		}
	}
	return false
}
