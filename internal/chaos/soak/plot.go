package main

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"strings"
	"time"
)

// A plot is curves over the time of the run, as SVG drawn by hand: the page needs
// nothing else. Its colors are classes of the page's style.
type plot struct {
	title, unit string
	log         bool
	curves      []curve
	marks       []mark // of whole processes, as lines across
}

type curve struct {
	name   string
	at     []time.Time
	values []float64
}

const (
	plotWidth  = 560
	plotHeight = 190
	plotLeft   = 52
	plotRight  = 12
	plotTop    = 22
	plotBottom = 24
	columns    = plotWidth - plotLeft - plotRight
)

// span is the time that all plots of a page show.
type span struct{ from, to time.Time }

// x is where a time stands, in pixels.
func (s span) x(at time.Time) float64 {
	return plotLeft + columns*float64(at.Sub(s.from))/float64(max(s.to.Sub(s.from), 1))
}

// thin is a curve with at most as many points as there are pixels: each is the
// mean of its column.
func (c curve) thin(s span) (xs, ys []float64) {
	for i := 0; i < len(c.at); {
		column := int(s.x(c.at[i]) / 2)
		var x, y float64
		n := 0
		for ; i < len(c.at) && int(s.x(c.at[i])/2) == column; i++ {
			x += s.x(c.at[i])
			y += c.values[i]
			n++
		}
		xs, ys = append(xs, x/float64(n)), append(ys, y/float64(n))
	}
	return xs, ys
}

// scale is a vertical axis, from least to most.
type scale struct {
	least, most float64
	log         bool
}

func (p *plot) scale(s span) scale {
	a := scale{math.Inf(1), 0, p.log}
	for _, c := range p.curves {
		_, ys := c.thin(s)
		for _, y := range ys {
			if y > 0 || !p.log {
				a.least, a.most = min(a.least, y), max(a.most, y)
			}
		}
	}
	switch {
	case !p.log:
		a.least, a.most = 0, max(a.most, 1)
	case a.most == 0:
		a.least, a.most = 1, 10
	case a.most == a.least:
		a.most *= 10
	}
	return a
}

func (a scale) y(v float64) float64 {
	part := (v - a.least) / (a.most - a.least)
	if a.log {
		part = math.Log(max(v, a.least)/a.least) / math.Log(a.most/a.least)
	}
	return plotHeight - plotBottom - part*(plotHeight-plotTop-plotBottom)
}

// ticks are round numbers: about four, or powers of ten.
func (a scale) ticks() (all []float64) {
	if a.log {
		for v := math.Pow(10, math.Ceil(math.Log10(a.least))); v <= a.most; v *= 10 {
			all = append(all, v)
		}
		return all
	}
	step := math.Pow(10, math.Floor(math.Log10(a.most/3)))
	for _, m := range []float64{5, 2} {
		if a.most/(step*m) >= 3 {
			step *= m
			break
		}
	}
	for v := 0.0; v <= a.most; v += step {
		all = append(all, v)
	}
	return all
}

// svg draws the plot.
func (p *plot) svg(s span) template.HTML {
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, plotWidth, plotHeight, html.EscapeString(p.title))
	for _, m := range p.marks {
		fmt.Fprintf(&b, `<path class="mark" d="M%.1f %dV%d"><title>%s</title></path>`, s.x(m.at), plotTop, plotHeight-plotBottom, html.EscapeString(m.name))
	}
	a := p.scale(s)
	for _, v := range a.ticks() {
		fmt.Fprintf(&b, `<path class="grid" d="M%d %.1fH%d"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`,
			plotLeft, a.y(v), plotWidth-plotRight, plotLeft-5, a.y(v)+4, figure(v))
	}
	b.WriteString(timeAxis(s, plotHeight))
	x := plotLeft
	for i, c := range p.curves {
		xs, ys := c.thin(s)
		var path strings.Builder
		for j := range xs {
			if p.log && ys[j] <= 0 {
				continue
			}
			fmt.Fprintf(&path, "%s%.1f %.1f", map[bool]string{true: "M", false: "L"}[path.Len() == 0], xs[j], a.y(ys[j]))
		}
		fmt.Fprintf(&b, `<path class="curve c%d" d="%s"/><path class="curve c%d" d="M%d 11h12"/><text x="%d" y="15">%s</text>`,
			i%6, path.String(), i%6, x, x+16, html.EscapeString(c.name))
		x += 26 + 7*len(c.name)
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// timeAxis is the time since the beginning along the bottom.
func timeAxis(s span, height int) string {
	var b strings.Builder
	length := s.to.Sub(s.from)
	step := length / 5
	for _, round := range []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute,
		2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 2 * time.Hour, 6 * time.Hour, 24 * time.Hour} {
		if round >= step {
			step = round
			break
		}
	}
	for d := time.Duration(0); d <= length; d += max(step, 1) {
		x := s.x(s.from.Add(d))
		anchor := "middle"
		if x > plotWidth-30 {
			anchor = "end"
		}
		fmt.Fprintf(&b, `<path class="grid" d="M%.1f %dv4"/><text x="%.1f" y="%d" text-anchor="%s">%s</text>`,
			x, height-plotBottom, x, height-6, anchor, brief(d))
	}
	return b.String()
}

// figure is a number for an axis.
func figure(v float64) string {
	switch {
	case v >= 1e6:
		return fmt.Sprintf("%gM", v/1e6)
	case v >= 1e4:
		return fmt.Sprintf("%gk", v/1e3)
	}
	return fmt.Sprintf("%.4g", v)
}

// brief is a duration without what is zero at its end.
func brief(d time.Duration) string {
	text := d.String()
	text = strings.TrimSuffix(text, "m0s") + map[bool]string{true: "m"}[strings.HasSuffix(text, "m0s")]
	return strings.TrimSuffix(text, "h0m") + map[bool]string{true: "h"}[strings.HasSuffix(text, "h0m")]
}
