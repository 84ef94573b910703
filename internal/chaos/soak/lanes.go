package main

import (
	"fmt"
	"html"
	"html/template"
	"strings"
)

// lanes draws when each fault struck, one lane for each.
func lanes(marks []mark, s span) template.HTML {
	const lane, left = 15, 170
	var names []string
	for _, heavy := range []bool{true, false} {
		for _, c := range cards {
			if c.heavy == heavy {
				names = append(names, c.name)
			}
		}
	}
	height := len(names)*lane + plotBottom + 6
	var b strings.Builder
	// The time axis is that of the plots, beside the names.
	fmt.Fprintf(&b, `<svg class="lanes" viewBox="%d 0 %d %d" role="img" aria-label="faults">`, plotLeft-left, plotWidth+left-plotLeft, height)
	for i, name := range names {
		y := i * lane
		fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="end">%s</text><path class="grid" d="M%d %dH%d"/>`,
			plotLeft-6, y+14, html.EscapeString(name), plotLeft, y+lane+2, plotWidth-plotRight)
		var path strings.Builder
		last, class := -1, "tick"
		for _, m := range marks {
			if column := int(s.x(m.at)); m.name == name {
				if m.heavy {
					class = "tick heavy"
				}
				if column != last {
					fmt.Fprintf(&path, "M%d %dv%d", column, y+5, lane-4)
					last = column
				}
			}
		}
		fmt.Fprintf(&b, `<path class="%s" d="%s"/>`, class, path.String())
	}
	b.WriteString(timeAxis(s, height))
	b.WriteString(`</svg>`)
	return template.HTML(b.String())
}
