package main

import (
	"fmt"
	"math"
	"slices"
	"time"
)

// A trend is how something grew over the final half of a run: a straight line
// through the medians of blocks of it, by least squares. Blocks, because what is
// sampled close together is not independent; medians, because a process whose
// clients are all away for a moment holds little.
type trend struct {
	Process, What string
	Mean          float64 // of the medians
	Slope         float64 // percent of the mean in an hour
	Error         float64 // the standard error of that
	Short         bool    // the run was too short to tell
}

const (
	blocks   = 24
	limit    = 1.0 // percent an hour
	doubtful = 2.1 // standard errors about the slope in which it is with 95 %, with 22 degrees of freedom
	certain  = 3.5 // and with 99.8 %
)

// trendOf fits values at their times from the middle of the time between from and
// to on. A run shorter than least is not judged.
func trendOf(at []time.Time, values []float64, from, to time.Time, least time.Duration) trend {
	length := to.Sub(from)
	start := from.Add(length / 2)
	var in [blocks][]float64
	var t trend
	for i, when := range at {
		if d := when.Sub(start); d >= 0 && !when.After(to) {
			b := min(int(float64(d)/float64(length/2)*blocks), blocks-1)
			in[b] = append(in[b], values[i])
		}
	}
	var xs, ys []float64
	for b := range blocks {
		if n := len(in[b]); n > 0 {
			slices.Sort(in[b])
			xs = append(xs, (float64(b)+0.5)*(length/2).Hours()/blocks)
			ys = append(ys, in[b][n/2])
			t.Mean += in[b][n/2]
		}
	}
	t.Mean /= max(float64(len(ys)), 1)
	if t.Short = length < least || len(xs) < blocks/2 || t.Mean == 0; t.Short {
		return t
	}
	slope, err := line(xs, ys)
	t.Slope, t.Error = 100*slope/t.Mean, 100*err/t.Mean
	return t
}

// line is the slope of the straight line through points, and its standard error.
func line(xs, ys []float64) (slope, err float64) {
	n := float64(len(xs))
	var mx, my, sxx, sxy, rest float64
	for i := range xs {
		mx += xs[i] / n
		my += ys[i] / n
	}
	for i := range xs {
		sxx += (xs[i] - mx) * (xs[i] - mx)
		sxy += (xs[i] - mx) * (ys[i] - my)
	}
	slope = sxy / sxx
	for i := range xs {
		r := ys[i] - my - slope*(xs[i]-mx)
		rest += r * r
	}
	return slope, math.Sqrt(rest / (n - 2) / sxx)
}

// A judgement is what a verdict comes to.
type judgement string

const (
	holds judgement = "holds"
	fails judgement = "FAILS"
	open  judgement = "open" // nobody can tell
)

func (t trend) judge() judgement {
	switch {
	case t.Short:
		return open
	case t.Slope-certain*t.Error > limit:
		return fails
	case t.Slope+doubtful*t.Error <= limit:
		return holds
	}
	return open
}

func (t trend) String() string {
	if t.Short {
		return fmt.Sprintf("%s of %s: the run is too short to judge", t.What, t.Process)
	}
	return fmt.Sprintf("%s of %s: %+.2f ± %.2f %% an hour", t.What, t.Process, t.Slope, doubtful*t.Error)
}

// trends judges what all processes hold that live as long as the run, which has
// come to a time.
func (r *run) trends(to time.Time) (all []trend) {
	type of struct {
		name    string
		samples []sample
	}
	lasting := []of{{"the proxies", r.own.list()}}
	for _, p := range r.processes() {
		if !p.mortal {
			lasting = append(lasting, of{p.name, p.samples.list()})
		}
	}
	for _, what := range holdings {
		for _, p := range lasting {
			at, values := make([]time.Time, len(p.samples)), make([]float64, len(p.samples))
			for i, s := range p.samples {
				at[i], values[i] = s.At, what.of(s)
			}
			t := trendOf(at, values, r.began, to, r.trend)
			t.Process, t.What = p.name, what.name
			all = append(all, t)
		}
	}
	return all
}

// holdings are what is watched of a process.
var holdings = []struct {
	name, unit string
	of         func(sample) float64
}{
	{"memory", "MiB in RAM", func(s sample) float64 { return float64(s.RSS) / (1 << 20) }},
	{"heap", "MiB alive at the last collection", func(s sample) float64 { return float64(s.Heap) / (1 << 20) }},
	{"goroutines", "", func(s sample) float64 { return float64(s.Goroutines) }},
	{"descriptors", "", func(s sample) float64 { return float64(s.Files) }},
}
