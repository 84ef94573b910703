package main

import (
	"sync"
	"testing"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
	"github.com/stretchr/testify/require"
)

func TestTheWarmUpDoesNotCount(t *testing.T) {
	p := newPhases()
	r := newRecorder(p)
	r.arrived(0, stamp{}, time.Second)
	p.set(2*time.Second, 2*time.Second)
	for i, due := range []time.Duration{0, 1999 * time.Millisecond, 2 * time.Second, 3 * time.Second, 4 * time.Second} {
		st := stamp{seq: uint64(i), due: due, sent: due + time.Millisecond}
		r.sent(i, st)
		r.arrived(i, st, due+3*time.Millisecond)
	}
	all := r.total()
	require.EqualValues(t, 2, all.delivered)
	require.EqualValues(t, 3, all.deliveredThen, "one was due before, and none came too late")
	require.EqualValues(t, 3, all.sentThen)
	require.EqualValues(t, 2, all.latency.TotalCount())
	require.InEpsilon(t, 3e6, all.latency.Max(), 0.001, "from the time that it was due")
	require.InEpsilon(t, 2e6, all.unhurried.Max(), 0.001, "from the time that it was sent")
	require.InEpsilon(t, 1e6, all.late.Max(), 0.001)
	require.EqualValues(t, 6, r.window().TotalCount(), "the plot shows all")
	require.Zero(t, r.window().TotalCount(), "once")
}

func TestClientsRecordAtOnce(t *testing.T) {
	p := newPhases()
	p.set(0, time.Hour)
	r := newRecorder(p)
	var clients sync.WaitGroup
	var windows int64
	for c := range 20 {
		clients.Go(func() {
			for i := range 100 {
				r.arrived(c, stamp{due: time.Duration(i)}, time.Second)
			}
		})
	}
	for range 10 {
		windows += r.window().TotalCount()
	}
	clients.Wait()
	windows += r.window().TotalCount()
	require.EqualValues(t, 2000, windows)
	require.EqualValues(t, 2000, r.total().latency.TotalCount())
}

// TestCorrectionIsThatOfTheHistogram: the library corrects each value as it is
// recorded, which needs the interval beforehand.
func TestCorrectionIsThatOfTheHistogram(t *testing.T) {
	const interval = 10 * time.Millisecond
	measured, want := newHistogram(), newHistogram()
	for range 9999 {
		record(measured, time.Millisecond, 1)
		require.NoError(t, want.RecordCorrectedValue(int64(time.Millisecond), int64(interval)))
	}
	record(measured, 100*time.Second, 1) // the server stood still
	require.NoError(t, want.RecordCorrectedValue(int64(100*time.Second), int64(interval)))
	got := corrected(measured, interval)
	require.InDelta(t, want.TotalCount(), got.TotalCount(), 5) // a bar is as wide as its last digit
	require.InDelta(t, 20_000, got.TotalCount(), 10)
	for _, p := range []float64{40, 75, 90, 99, 99.99} {
		require.InEpsilon(t, want.ValueAtQuantile(p), got.ValueAtQuantile(p), 0.005, "%v", p)
	}
	require.InEpsilon(t, 1e6, measured.ValueAtQuantile(99.9), 0.001, "uncorrected, nobody would know")
	require.InEpsilon(t, 50e9, got.ValueAtQuantile(75), 0.01)
	require.EqualValues(t, 10_000, corrected(measured, 0).TotalCount())
}

func TestTimesOutOfRangeAreCounted(t *testing.T) {
	h := newHistogram()
	record(h, -time.Second, 1)
	record(h, 1000*time.Hour, 1)
	require.EqualValues(t, 2, h.TotalCount())
	require.InEpsilon(t, float64(longest), h.Max(), 0.001)
}

func TestQuantities(t *testing.T) {
	h := newHistogram()
	for i := 1; i <= 10_000; i++ {
		record(h, time.Duration(i)*time.Microsecond, 1)
	}
	q := quantitiesOf(h)
	require.EqualValues(t, 10_000, q.Count)
	for want, got := range map[float64]float64{5: q.P50, 9: q.P90, 9.9: q.P99, 9.99: q.P999, 9.999: q.P9999, 10: q.Max, 5.0005: q.Mean} {
		require.InEpsilon(t, want, got, 0.002)
	}
	require.Equal(t, quantities{}, quantitiesOf(hdrhistogram.New(1, 100, 1)))
}
