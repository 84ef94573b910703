package main

import (
	"fmt"
	"html"
	"html/template"
	"math"
	"slices"
	"strings"
)

// Plots are SVG, drawn by hand so that the page needs nothing else.

// color is what a peer is drawn in, as the page defines it for light and dark:
// Longsplice's entries stand out.
func color(p *peer) string {
	if p == floorPeer {
		return "var(--floor)"
	}
	n := 0
	for _, q := range peers {
		switch {
		case q == p && p.ours:
			return fmt.Sprintf("var(--ours%d)", n%5)
		case q == p:
			return fmt.Sprintf("var(--peer%d)", n%8)
		case q != floorPeer && q.ours == p.ours:
			n++
		}
	}
	return "var(--ink)"
}

// bars draws a case: for each peer a bar from nothing to its median, the figure,
// how many times the floor that is, and what has to be known beside it.
func bars(c *result) template.HTML {
	const left, right, beside, height, width = 108, 370, 486, 20, 760
	all := slices.DeleteFunc(c.lines(), func(l line) bool { return math.IsNaN(l.median) })
	most := 0.0
	for _, l := range all {
		most = max(most, l.most)
	}
	if most == 0 {
		return ""
	}
	x := func(v float64) float64 { return left + max(v, 0)/most*(right-left) }
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`,
		width, height*len(all)+4, html.EscapeString(c.name()))
	for i, l := range all {
		y, class := float64(i*height), ""
		if l.peer.promises {
			class = ` class="ours"`
		}
		fmt.Fprintf(&b, `<text x="%d" y="%.1f" text-anchor="end"%s>%s</text>`, left-6, y+14, class, html.EscapeString(l.peer.name))
		fmt.Fprintf(&b, `<rect x="%d" y="%.1f" width="%.1f" height="14" style="fill:%s"/>`, left, y+3, max(x(l.median)-left, 0.5), color(l.peer))
		fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1fM%.1f %.1fv6M%.1f %.1fv6" class="range"/>`, x(l.least), y+10, x(l.most), x(l.least), y+7, x(l.most), y+7)
		figure := short(l.median)
		if l.peer != floorPeer && !math.IsNaN(l.floor) {
			figure += " · " + short(l.floor) + "×"
		}
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f"%s>%s</text>`, x(l.most)+6, y+14, class, figure)
		fmt.Fprintf(&b, `<text x="%d" y="%.1f" class="dim">%s<title>%s</title></text>`, beside, y+14, html.EscapeString(clip(l.remark, 50)), html.EscapeString(l.remark))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// clip shortens a text to so many characters.
func clip(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most-1]) + "…"
	}
	return s
}

// An axis maps values to pixels, by their logarithms.
type axis struct{ least, most, from, to float64 }

func (a *axis) include(v float64) {
	if v > 0 {
		a.least, a.most = min(a.least, v), max(a.most, v)
	}
}

func (a axis) at(v float64) float64 {
	if a.most == a.least {
		return (a.from + a.to) / 2
	}
	return a.from + math.Log(v/a.least)/math.Log(a.most/a.least)*(a.to-a.from)
}

// ticks are powers of ten, and if those are few, 2 and 5 times them.
func (a axis) ticks() (all []float64) {
	steps := []float64{1}
	if a.most/a.least < 100 {
		steps = []float64{1, 2, 5}
	}
	for p := math.Floor(math.Log10(a.least)); p <= math.Log10(a.most); p++ {
		for _, s := range steps {
			if v := s * math.Pow(10, p); v >= a.least*0.999 && v <= a.most*1.001 {
				all = append(all, v)
			}
		}
	}
	return all
}

// curves draws how the figure of each peer changes over a group of cases.
func curves(cases []*result) template.HTML {
	const width, height = 820, 380
	xs := axis{math.Inf(1), 0, 78, width - 110}
	ys := axis{math.Inf(1), 0, height - 34, 12}
	points := make(map[*peer][][2]float64)
	for _, c := range cases {
		for _, l := range c.lines() {
			if l.median > 0 {
				xs.include(c.X)
				ys.include(l.median)
				points[l.peer] = append(points[l.peer], [2]float64{c.X, l.median})
			}
		}
	}
	if len(points) == 0 {
		return ""
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg viewBox="0 0 %d %d" role="img" aria-label="%s">`, width, height, html.EscapeString(cases[0].Group))
	for _, v := range ys.ticks() {
		fmt.Fprintf(&b, `<path d="M%.1f %.1fH%.1f" class="grid"/><text x="70" y="%.1f" text-anchor="end">%s</text>`,
			xs.from, ys.at(v), xs.to, ys.at(v)+4, short(v))
	}
	for _, c := range cases {
		fmt.Fprintf(&b, `<path d="M%.1f %.1fV%.1f" class="grid"/><text x="%.1f" y="%d" text-anchor="middle">%s</text>`,
			xs.at(c.X), ys.from, ys.to, xs.at(c.X), height-14, html.EscapeString(c.Label))
	}
	var ends []label
	for _, p := range peers {
		if len(points[p]) == 0 {
			continue
		}
		stroke := 1.5
		if p.ours {
			stroke = 3
		}
		var path strings.Builder
		for i, at := range points[p] {
			fmt.Fprintf(&path, "%s%.1f %.1f", []string{"M", "L"}[min(i, 1)], xs.at(at[0]), ys.at(at[1]))
			fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="2.5" style="fill:%s"/>`, xs.at(at[0]), ys.at(at[1]), color(p))
		}
		fmt.Fprintf(&b, `<path d="%s" fill="none" style="stroke:%s;stroke-width:%.1f"/>`, path.String(), color(p), stroke)
		ends = append(ends, label{p, ys.at(points[p][len(points[p])-1][1])})
	}
	for _, l := range apart(ends, 13) {
		fmt.Fprintf(&b, `<text x="%.1f" y="%.1f" style="fill:%s">%s</text>`, xs.to+8, l.y+4, color(l.p), html.EscapeString(l.p.name))
	}
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}

// A label is a peer's name at the end of its curve.
type label struct {
	p *peer
	y float64
}

// apart moves labels so that none covers another.
func apart(labels []label, gap float64) []label {
	slices.SortFunc(labels, func(a, b label) int {
		if a.y < b.y {
			return -1
		}
		return 1
	})
	for i := 1; i < len(labels); i++ {
		labels[i].y = max(labels[i].y, labels[i-1].y+gap)
	}
	return labels
}
