package main

import (
	"fmt"
	"html"
	"html/template"
	"slices"
	"strings"
)

// Plots are SVG, drawn by hand so that the page needs nothing else. Their colours
// are classes of the page's style, for light and dark.

// A plot is lines over one pair of axes.
type plot struct {
	name   string // for those who cannot see it
	x, y   scale
	xUnit  func(float64) string
	yUnit  func(float64) string
	lines  []line
	shades [][2]float64 // spans of x that do not count
	bars   bool         // the first line is drawn as bars from zero
}

// A line goes through points. Where a run of them ends, so does the stroke.
type line struct {
	name, class string
	runs        [][][2]float64
}

func (l line) last() (at [2]float64, ok bool) {
	for _, run := range l.runs {
		if len(run) > 0 {
			at, ok = run[len(run)-1], true
		}
	}
	return at, ok
}

const (
	plotWidth, plotHeight = 620.0, 260.0
	plotLeft, plotRight   = 58.0, 74.0
	plotTop, plotBottom   = 10.0, 26.0
)

func (p plot) svg() template.HTML {
	var xs, ys []float64
	for _, l := range p.lines {
		for _, run := range l.runs {
			for _, at := range run {
				xs, ys = append(xs, at[0]), append(ys, at[1])
			}
		}
	}
	x := newAxis(p.x, xs, plotLeft, plotWidth-plotRight)
	y := newAxis(p.y, ys, plotHeight-plotBottom, plotTop).roundedUp()
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %g %g" role="img" aria-label="%s">`, plotWidth, plotHeight, html.EscapeString(p.name))
	for _, s := range p.shades {
		from, to := max(x.at(s[0]), x.from), min(x.at(s[1]), x.to)
		if to > from {
			fmt.Fprintf(&b, `<rect class="shade" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`, from, y.to, to-from, y.from-y.to)
		}
	}
	for _, v := range y.ticks() {
		fmt.Fprintf(&b, `<path class="grid" d="M%.1f %.1fH%.1f"/><text x="%.1f" y="%.1f" text-anchor="end">%s</text>`,
			x.from, y.at(v), x.to, x.from-6, y.at(v)+4, p.yUnit(v))
	}
	for _, v := range x.ticks() {
		fmt.Fprintf(&b, `<path class="grid" d="M%.1f %.1fV%.1f"/><text x="%.1f" y="%.1f" text-anchor="middle">%s</text>`,
			x.at(v), y.from, y.to, x.at(v), plotHeight-8, p.xUnit(v))
	}
	var ends []label
	for i, l := range p.lines {
		if i == 0 && p.bars {
			l.bars(&b, x, y)
		} else {
			l.strokes(&b, x, y)
		}
		if at, ok := l.last(); ok {
			ends = append(ends, label{l, y.at(at[1])})
		}
	}
	for _, l := range apart(ends, 13, y.to+4, y.from) {
		fmt.Fprintf(&b, `<text class="%s name" x="%.1f" y="%.1f">%s</text>`, l.line.class, x.to+7, l.y+4, html.EscapeString(l.line.name))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

func (l line) strokes(b *strings.Builder, x, y axis) {
	for _, run := range l.runs {
		if len(run) == 1 {
			fmt.Fprintf(b, `<circle class="%s dot" cx="%.1f" cy="%.1f" r="1.5"/>`, l.class, x.at(run[0][0]), y.at(run[0][1]))
			continue
		}
		fmt.Fprintf(b, `<path class="%s stroke" d="`, l.class)
		for i, at := range run {
			fmt.Fprintf(b, "%c%.1f %.1f", "ML"[min(i, 1)], x.at(at[0]), y.at(at[1]))
		}
		b.WriteString(`"/>`)
	}
}

func (l line) bars(b *strings.Builder, x, y axis) {
	for _, run := range l.runs {
		for i, at := range run {
			from := x.from
			if i > 0 {
				from = x.at(run[i-1][0])
			}
			if at[1] > 0 {
				fmt.Fprintf(b, `<rect class="%s bar" x="%.1f" y="%.1f" width="%.1f" height="%.1f"/>`,
					l.class, from, y.at(at[1]), max(0.8, x.at(at[0])-from-0.4), y.from-y.at(at[1]))
			}
		}
	}
}

// A label is a line's name at its end.
type label struct {
	line line
	y    float64
}

// apart moves labels so that none covers another, and all are between top and
// bottom.
func apart(labels []label, gap, top, bottom float64) []label {
	slices.SortStableFunc(labels, func(a, b label) int {
		switch {
		case a.y < b.y:
			return -1
		case a.y > b.y:
			return 1
		}
		return 0
	})
	for i := range labels {
		labels[i].y = max(labels[i].y, top)
		if i > 0 {
			labels[i].y = max(labels[i].y, labels[i-1].y+gap)
		}
	}
	for i := len(labels) - 1; i >= 0; i-- {
		below := bottom
		if i < len(labels)-1 {
			below = labels[i+1].y - gap
		}
		labels[i].y = min(labels[i].y, below)
	}
	return labels
}
