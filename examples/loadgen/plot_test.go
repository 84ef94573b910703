package main

import (
	"encoding/xml"
	"errors"
	"io"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestNinesAreEquallyFarApart(t *testing.T) {
	a := newAxis(nines, []float64{0, 99.99}, 0, 400)
	for i, v := range []float64{0, 90, 99, 99.9, 99.99} {
		require.InDelta(t, float64(100*i), a.at(v), 1e-6)
	}
	require.Equal(t, []float64{0, 50, 90, 99, 99.9, 99.99}, a.ticks())
}

func TestALogarithmicAxisHasPowersOfTen(t *testing.T) {
	a := newAxis(logarithmic, []float64{0.05, 900, 0}, 100, 0)
	require.InDelta(t, 100, a.at(0), 1e-9, "it is infinitely far, and shown at the edge")
	require.Equal(t, []float64{0.1, 1, 10, 100, 1000}, a.ticks())
	require.InDelta(t, a.at(1)-a.at(10), a.at(10)-a.at(100), 1e-9)
	few := newAxis(logarithmic, []float64{2, 30}, 0, 100).ticks()
	require.Equal(t, []float64{1, 2, 5, 10, 20}, few)
}

func TestALinearAxisBeginsAtZeroAndEndsAtATick(t *testing.T) {
	for most, want := range map[float64]float64{7: 8, 200: 200, 21_647: 25_000, 1: 1, 0.3: 0.3} {
		a := newAxis(linear, []float64{most / 2, most}, 0, 100).roundedUp()
		ticks := a.ticks()
		require.Zero(t, ticks[0])
		require.InDelta(t, want, ticks[len(ticks)-1], 1e-9, "%v", most)
		require.InDelta(t, 100, a.at(want), 1e-6)
		require.GreaterOrEqual(t, len(ticks), 4)
		require.LessOrEqual(t, len(ticks), 8)
	}
}

func TestAnAxisOfNothing(t *testing.T) {
	for _, s := range []scale{linear, logarithmic, nines} {
		for _, values := range [][]float64{nil, {0}, {math.NaN()}} {
			a := newAxis(s, values, 0, 100).roundedUp()
			require.NotPanics(t, func() { a.ticks() })
			require.Less(t, a.least, a.most)
		}
	}
}

func TestLabelsDoNotCoverEachOther(t *testing.T) {
	labels := apart([]label{{y: 99}, {y: 98}, {y: 99}, {y: -5}}, 10, 0, 100)
	for i, l := range labels {
		require.GreaterOrEqual(t, l.y, 0.0)
		require.LessOrEqual(t, l.y, 100.0)
		if i > 0 {
			require.GreaterOrEqual(t, l.y-labels[i-1].y, 10.0)
		}
	}
}

func TestAPlotIsXMLWhateverThereIsToShow(t *testing.T) {
	empty := &report{}
	for _, r := range []*report{empty, sampleReport()} {
		for _, f := range r.figures() {
			d := xml.NewDecoder(strings.NewReader(string(f.Plot)))
			for {
				_, err := d.Token()
				if errors.Is(err, io.EOF) {
					break
				}
				require.NoError(t, err)
			}
			require.NotContains(t, f.Plot, "NaN")
			require.NotContains(t, f.Plot, "Inf")
		}
	}
}

func sampleReport() *report {
	h := newHistogram()
	for i := range 1000 {
		record(h, time.Duration(i)*time.Millisecond, 1)
	}
	q := quantitiesOf(h)
	return &report{
		Setup:   setup{Work: "echo", Target: `tcp://<script>"x`, Clients: 3, Loop: "open", Rate: 5, Ramp: 1, Warmup: 1, Begin: 2, Length: 3},
		Latency: latency{Corrected: q, FromSend: q, Curves: []curve{curveOf("from due", h)}},
		Cuts:    cuts{Cuts: 3, Resumed: 3}, ErrorsAll: 2, Errors: map[string]uint64{"connecting: refused": 2},
		Series: []point{
			{At: 1, Latency: &q, Connected: 2}, {At: 2}, {At: 3, Latency: &q, Cuts: 1}, {At: 4, Latency: &q, Cuts: 2, Errors: 2},
		},
	}
}

// TestThePageIsComplete: it needs nothing from elsewhere, and what a flag said
// is text.
func TestThePageIsComplete(t *testing.T) {
	page, err := sampleReport().page()
	require.NoError(t, err)
	text := string(page)
	require.NotContains(t, text, "<script")
	require.NotRegexp(t, `(src|href)=`, text)
	require.Contains(t, text, "prefers-color-scheme: dark")
	require.Equal(t, 6, strings.Count(text, "<svg"))
	require.Contains(t, text, "connecting: refused: 2")
}

func TestALineBreaksWhereNothingArrived(t *testing.T) {
	l := sampleReport().over("max", "c1", func(q *quantities) float64 { return q.Max })
	require.Len(t, l.runs, 2)
	require.Len(t, l.runs[0], 1)
	require.Len(t, l.runs[1], 2)
}

func TestTimesAreWrittenBriefly(t *testing.T) {
	for v, want := range map[float64]string{0: "0", 0.0065: "6.50µs", 0.5: "500µs", 1.234: "1.23ms", 99.96: "100ms", 12.34: "12.3ms", 1500: "1.50s"} {
		require.Equal(t, want, milli(v))
	}
	for v, want := range map[float64]string{0.01: "10µs", 1: "1ms", 20: "20ms", 1000: "1s", 5000: "5s"} {
		require.Equal(t, want, times(v))
	}
}

func TestWindowsAreFewEnoughToBeSeen(t *testing.T) {
	for _, run := range []time.Duration{time.Second, time.Minute, time.Hour, 100 * time.Hour} {
		w := windowOf(run)
		require.LessOrEqual(t, int(run/w), 120)
		require.GreaterOrEqual(t, w, 100*time.Millisecond)
	}
}
