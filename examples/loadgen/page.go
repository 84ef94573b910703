package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"html/template"
	"maps"
	"math"
	"slices"
	"strconv"

	"github.com/longsplice/longsplice/examples/internal/liveline"
)

//go:embed page.html
var pageSource string

var pageTemplate = template.Must(template.New("page").Parse(pageSource))

// A figure is a plot with what it shows.
type figure struct {
	Title, Note string
	Plot        template.HTML
}

// A tile is a number that is looked at first.
type tile struct {
	Name, Value string
	Bad         bool
}

// page is everything as one page that needs nothing else.
func (r *report) page() ([]byte, error) {
	type count struct{ Kind, N string }
	var kinds []count
	for _, kind := range slices.Sorted(maps.Keys(r.Errors)) {
		kinds = append(kinds, count{kind, liveline.Count(r.Errors[kind])})
	}
	var b bytes.Buffer
	err := pageTemplate.Execute(&b, map[string]any{
		"Report": r, "Title": r.Setup.title(), "Details": r.Setup.details(), "Phases": r.Setup.phases(), "Tiles": r.tiles(), "Figures": r.figures(),
		"Head": quantityHead, "Rows": r.quantities(), "Facts": r.facts(), "Kinds": kinds,
	})
	return b.Bytes(), err
}

func (r *report) tiles() []tile {
	v := r.Verdict
	all := []tile{
		{Name: "p50", Value: milli(r.Latency.Corrected.P50)},
		{Name: "p99", Value: milli(r.Latency.Corrected.P99)},
		{Name: "p99.9", Value: milli(r.Latency.Corrected.P999)},
		{Name: "delivered", Value: rate(r.Throughput.Delivered) + "/s"},
		{Name: "connections", Value: liveline.Count(r.Connections.Made), Bad: int(r.Connections.Made) < r.Connections.Wanted},
		{Name: "lost, doubled, reordered", Value: fmt.Sprintf("%d, %d, %d", v.Lost, v.Doubled, v.Reordered), Bad: v.Lost+v.Doubled+v.Reordered > 0},
		{Name: "errors", Value: fmt.Sprintf("%s (%.3g%%)", liveline.Count(r.ErrorsAll), 100*r.ErrorRate), Bad: r.ErrorsAll > 0},
	}
	if v.SessionsLost > 0 {
		all = append(all, tile{Name: "sessions lost", Value: liveline.Count(v.SessionsLost), Bad: true})
	}
	if r.Cuts.Cuts > 0 {
		all = append(all, tile{Name: "cuts, resumed", Value: liveline.Count(r.Cuts.Cuts) + ", " + liveline.Count(r.Cuts.Resumed)})
	}
	return all
}

func (r *report) figures() []figure {
	latencies := plot{
		name: "latency over time", y: logarithmic, xUnit: seconds, yUnit: times, shades: r.shades(),
		lines: []line{
			r.over("max", "c4", func(q *quantities) float64 { return q.Max }),
			r.over("p99.9", "c3", func(q *quantities) float64 { return q.P999 }),
			r.over("p99", "c2", func(q *quantities) float64 { return q.P99 }),
			r.over("p50", "c1", func(q *quantities) float64 { return q.P50 }),
		},
	}
	percentiles := plot{name: "latency by percentile", x: nines, y: logarithmic, xUnit: percent, yUnit: times}
	for i, c := range r.Latency.Curves {
		percentiles.lines = append(percentiles.lines, line{c.Name, []string{"c2", "c1"}[i%2], [][][2]float64{c.visible()}})
	}
	rates := plot{
		name: "messages a second", xUnit: seconds, yUnit: grouped, shades: r.shades(),
		lines: []line{
			r.counted("delivered", "c1", func(p point) float64 { return p.Delivered }),
			r.counted("sent", "c2", func(p point) float64 { return p.Sent }),
		},
	}
	links := plot{
		name: "connections and cuts over time", xUnit: seconds, yUnit: grouped, shades: r.shades(),
		lines: []line{r.counted("up", "c1", func(p point) float64 { return float64(p.Connected) })},
	}
	all := []figure{
		{"Latency over time", "Of what arrived in each window of time, " + r.Latency.Correction + ". Grey does not count.", latencies.svg()},
		{"Latency by percentile", "Each step to the right is ten times rarer.", percentiles.svg()},
		{"Messages a second", "", rates.svg()},
		{"Connections", "", links.svg()},
	}
	if r.Setup.Loop == "closed" {
		all[0].Note = "Of what arrived in each window of time, as measured: without the correction. Grey does not count."
	}
	if r.Cuts.Cuts > 0 {
		p := plot{
			name: "cuts over time", xUnit: seconds, yUnit: grouped, shades: r.shades(), bars: true,
			lines: []line{
				r.counted("cuts", "c2", func(p point) float64 { return float64(p.Cuts) }),
			},
		}
		all = append(all, figure{"Cuts", "In each window of time: links that were cut.", p.svg()})
	}
	if r.ErrorsAll > 0 {
		p := plot{
			name: "errors over time", xUnit: seconds, yUnit: grouped, shades: r.shades(), bars: true,
			lines: []line{r.counted("errors", "c2", func(p point) float64 { return float64(p.Errors) })},
		}
		all = append(all, figure{"Errors", "In each window of time, without those that are known only at the end.", p.svg()})
	}
	return all
}

// shades are the ramp with the warm-up, and what comes after the end.
func (r *report) shades() [][2]float64 {
	begin := r.Setup.Begin
	return [][2]float64{{0, begin}, {begin + r.Setup.Length, math.Inf(1)}}
}

// over is a quantity over time. There is none where nothing arrived.
func (r *report) over(name, class string, of func(*quantities) float64) line {
	l := line{name: name, class: class, runs: [][][2]float64{nil}}
	for _, p := range r.Series {
		last := len(l.runs) - 1
		switch {
		case p.Latency != nil:
			l.runs[last] = append(l.runs[last], [2]float64{p.At, of(p.Latency)})
		case len(l.runs[last]) > 0:
			l.runs = append(l.runs, nil)
		}
	}
	return l
}

func (r *report) counted(name, class string, of func(point) float64) line {
	run := [][2]float64{{0, 0}}
	for _, p := range r.Series {
		run = append(run, [2]float64{p.At, of(p)})
	}
	return line{name, class, [][][2]float64{run}}
}

// visible is the curve without its last point, 100 %, which is infinitely far.
func (c curve) visible() (points [][2]float64) {
	for _, at := range c.Points {
		if at[0] < 100 {
			points = append(points, at)
		}
	}
	return points
}

func seconds(v float64) string { return plain(v) + "s" }
func percent(v float64) string { return plain(v) + "%" }

// grouped writes a number of things.
func grouped(v float64) string {
	if v >= 10_000 {
		return liveline.Count(int64(v))
	}
	return plain(v)
}

// times writes milliseconds as briefly as it can be done.
func times(v float64) string {
	switch {
	case v < 0.999:
		return plain(v*1000) + "µs"
	case v < 999:
		return plain(v) + "ms"
	}
	return plain(v/1000) + "s"
}

func plain(v float64) string { return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64) }
