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
	o := quick(8 * time.Second)
	o.pace = 100 * time.Millisecond // so that all cards are dealt
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

// until is a run that is ended as soon as something can be seen, or after some
// time.
func until(ctx context.Context, o options, seen func(r *run) bool) (*findings, string, error) {
	o.length = time.Minute
	var out bytes.Buffer
	r, err := newRun(o, &out)
	if err != nil {
		return nil, "", err
	}
	defer r.close()
	if err := r.begin(); err != nil {
		return nil, "", err
	}
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		for sleep(ctx, 100*time.Millisecond) && !seen(r) {
		}
		cancel()
	}()
	r.play(ctx)
	<-watched
	r.settle()
	f := r.findings()
	f.print(&out, time.Since(r.began))
	return f, out.String(), nil
}

func TestASoakIsEndedEarly(t *testing.T) {
	needsLinux(t)
	t.Parallel()
	f, out, err := until(t.Context(), quick(time.Hour), func(r *run) bool { return r.books.delivered.Load() > 300 })
	require.NoError(t, err)
	require.True(t, f.good(), out)
	require.Greater(t, f.Counts[0].N, uint64(0))
}

// TestEveryBreachIsFound is why the verdict may be believed.
func TestEveryBreachIsFound(t *testing.T) {
	needsLinux(t)
	t.Parallel()
	grows := func(what string) func(r *run) bool {
		return func(r *run) bool {
			for _, t := range r.trends(time.Now()) {
				if t.Process == "server" && t.What == what && t.judge() == fails {
					return time.Since(r.began) > 5*time.Second
				}
			}
			return false
		}
	}
	type result struct {
		f   *findings
		out string
		err error
	}
	breaches := map[breach]struct {
		seen  func(r *run) bool
		found func(f *findings) bool
		came  chan result
	}{
		drops: {func(r *run) bool { return r.auditor.total().Lost > 0 },
			func(f *findings) bool { return f.Faults.Lost > 0 }, make(chan result, 1)},
		doubles: {func(r *run) bool { return r.auditor.total().Duplicated > 0 },
			func(f *findings) bool { return f.Faults.Duplicated > 0 }, make(chan result, 1)},
		swaps: {func(r *run) bool { return r.auditor.total().Reordered > 0 },
			func(f *findings) bool { return f.Faults.Reordered > 0 }, make(chan result, 1)},
		leaksGoroutines: {grows("goroutines"),
			func(f *findings) bool { return f.failed("goroutines of server:") }, make(chan result, 1)},
		leaksMemory: {grows("memory"),
			func(f *findings) bool { return f.failed("memory of server:") }, make(chan result, 1)},
	}
	for b, breach := range breaches { // all at once: they wait more than they work
		go func() {
			o := quick(time.Minute)
			o.breach, o.clients, o.trend = b, 30, time.Second
			if b != leaksGoroutines && b != leaksMemory {
				o.trend = time.Hour
			}
			f, out, err := until(t.Context(), o, breach.seen)
			breach.came <- result{f, out, err}
		}()
	}
	for b, breach := range breaches {
		t.Run(string(b), func(t *testing.T) {
			r := <-breach.came
			require.NoError(t, r.err)
			require.False(t, r.f.good())
			require.True(t, breach.found(r.f), r.out)
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
