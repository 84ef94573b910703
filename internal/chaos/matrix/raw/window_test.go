package raw

import (
	"io"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
	"github.com/longsplice/longsplice/internal/chaos/row"
)

// Row 10 of the fault matrix. Members of a room read nothing at all: their windows close, and
// then their links are dropped. Nobody else is served later than with as many who
// read.
func TestZeroWindow(t *testing.T) {
	const (
		deadline = 200 * time.Millisecond // of writes
		rounds   = 6
		healthy  = 8
		bad      = 4
	)
	stage.Each(t, 10, func(t *testing.T, over stage.Over, r *row.Row) {
		r.Alone(t)
		h := open(t, over, listen(t, 64<<10), conn.Config{WriteTimeout: deadline}, hub.Room{}, healthy)
		busy, pace := watch(t), watchFor(t, time.Millisecond, time.Millisecond)
		// Rounds of both sorts by turns, so that the machine treats them alike. What
		// else it does only adds: the best rounds are the ones to compare, and what is
		// the members' doing is in all of them.
		without, with := time.Hour, time.Hour
		var slowest time.Duration
		for counted, began := 0, time.Now(); (counted < rounds || with >= 2*without) && time.Since(began) < patience; {
			alone := h.amongReaders(pace, bad)
			p99, took := h.amongSilent(pace, bad)
			slowest = max(slowest, took)
			if max(alone, p99) < time.Hour { // the machine let both be measured
				counted, without, with = counted+1, min(without, alone), min(with, p99)
			}
		}
		require.Less(t, without, time.Hour, "the machine stood still all the time")
		require.Less(t, with, 2*without)
		// The verdict takes five looks, each of which may be a little late.
		require.LessOrEqual(t, slowest, dropTime(deadline)+4*tolerated+busy.excuse())
		r.Detected(slowest)
		r.Note("99th percentile of the others %v, without them %v",
			with.Round(time.Microsecond), without.Round(time.Microsecond))
		h.books(r)
	})
}

// amongReaders is the 99th percentile with some more members who do nothing but
// read.
func (h *hall) amongReaders(pace *stalls, n int) time.Duration {
	h.t.Helper()
	var reading sync.WaitGroup
	defer reading.Wait()
	for range n {
		p, _ := deaf(until(h.t), h.t, h.server)
		<-h.sessions
		require.NoError(h.t, p.nc.SetReadDeadline(time.Time{}))
		reading.Go(func() { _, _ = io.Copy(io.Discard, p.nc) })
		defer p.nc.Close()
	}
	over := make(chan struct{})
	close(over)
	return h.percentile(pace, over)
}

// amongSilent is the 99th percentile with some more members who do not read, until
// they have been dropped, and how long that took at most.
func (h *hall) amongSilent(pace *stalls, n int) (p99, took time.Duration) {
	h.t.Helper()
	var deaf []*silent
	for range n {
		deaf = append(deaf, h.silent())
	}
	dropped := make(chan struct{})
	go func() {
		defer close(dropped)
		for all := false; !all; time.Sleep(time.Millisecond) { // which is the resolution
			all = true
			for _, d := range deaf {
				all = d.gone() && all
			}
		}
	}()
	p99 = h.percentile(pace, dropped)
	for _, d := range deaf {
		took = max(took, d.took)
		require.NoError(h.t, d.c.Err(), "the link is dead, not the session")
	}
	return p99, took
}

// percentile publishes for a while, and until something is over, and returns the
// 99th percentile of how long messages to healthy members took. Those that were on
// their way while the process did not keep its pace do not count; if less than a
// quarter is left, it is an hour.
func (h *hall) percentile(pace *stalls, over <-chan struct{}) time.Duration {
	h.t.Helper()
	first := h.said
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for n := 0; n < 150 || !closed(over); n++ {
		h.publish(2000)
		<-tick.C
	}
	h.heard()
	var all []time.Duration
	for _, l := range h.healthy {
		l.mu.Lock()
		for i, late := range l.late[first:h.said] {
			began := time.Unix(0, h.at[first+i].Load())
			if pace.during(began, began.Add(late)) == 0 {
				all = append(all, late)
			}
		}
		l.mu.Unlock()
	}
	if len(all) < len(h.healthy)*(h.said-first)/4 {
		return time.Hour
	}
	slices.Sort(all)
	return all[len(all)*99/100]
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
