package main

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/longsplice/longsplice/internal/chaos/row"
)

// A Matrix is what a run says of each row.
type Matrix struct {
	lines  []line
	others []string // what failed and is no row
}

// A line is what was measured for one row over one transport: the worst of its
// cases.
type line struct {
	fault
	transport string
	cases     []*Case
}

// Matrix arranges the cases of a run by row and transport. Without wanted, all
// rows are.
func (r *Run) Matrix(wanted []int) *Matrix {
	m := &Matrix{}
	if wanted == nil {
		m.others = r.failed
	}
	for _, f := range faults {
		if wanted != nil && !slices.Contains(wanted, f.number) {
			continue
		}
		byTransport := map[string][]*Case{}
		for _, c := range r.order {
			if c.Number == f.number {
				byTransport[c.Over] = append(byTransport[c.Over], c)
			}
		}
		for _, over := range f.needs(byTransport) {
			m.lines = append(m.lines, line{f, over, byTransport[over]})
		}
	}
	return m
}

// needs is what a row has lines for: the transports it has to be played over,
// and what else it was played over.
func (f fault) needs(have map[string][]*Case) (over []string) {
	if f.over {
		over = slices.Clone(transports)
	}
	for o := range have {
		if !slices.Contains(over, o) {
			over = append(over, o)
		}
	}
	if len(over) == 0 {
		over = []string{""}
	}
	rank := func(o string) int { return slices.Index(transports, o) }
	slices.SortFunc(over, func(a, b string) int { return cmp.Or(cmp.Compare(rank(a), rank(b)), cmp.Compare(a, b)) })
	return over
}

// Good reports whether every row was there and passed, and nothing else failed.
func (m *Matrix) Good() bool {
	for _, l := range m.lines {
		if l.verdict() != "pass" {
			return false
		}
	}
	return len(m.others) == 0
}

// verdict is the worst of a line's cases.
func (l line) verdict() string {
	if len(l.cases) == 0 {
		return "NOT RUN"
	}
	worst := "pass"
	for _, c := range l.cases {
		switch {
		case c.Verdict == "skip" && worst == "pass":
			worst = "SKIPPED"
		case c.Verdict != "pass" && c.Verdict != "skip":
			worst = "FAIL"
		}
		if c.Lost+c.Doubled+c.Left+c.Files > 0 {
			worst = "FAIL"
		}
	}
	return worst
}

// figures are a line's cells, in the order of the header.
func (l line) figures() []string {
	return []string{
		worst(l, row.AttrDetected, func(c *Case) float64 { return c.Detected.Seconds() }, seconds),
		worst(l, row.AttrRecovered, func(c *Case) float64 { return c.Recovered.Seconds() }, seconds),
		worst(l, row.AttrLost, func(c *Case) float64 { return float64(c.Lost) }, count),
		worst(l, row.AttrDoubled, func(c *Case) float64 { return float64(c.Doubled) }, count),
		worst(l, row.AttrMemory, func(c *Case) float64 { return float64(c.Memory) }, bytes),
		worst(l, row.AttrLeft, func(c *Case) float64 { return float64(c.Left) }, count),
	}
}

// worst is the largest of what was measured, empty if nothing was.
func worst(l line, attr string, of func(*Case) float64, format func(float64) string) string {
	most, any := 0.0, false
	for _, c := range l.cases {
		if c.measured[attr] {
			most, any = max(most, of(c)), true
		}
	}
	if !any {
		return ""
	}
	return format(most)
}

func count(n float64) string { return fmt.Sprint(int(n)) }

func seconds(s float64) string {
	switch {
	case s < 0.001:
		return fmt.Sprintf("%.0f µs", s*1e6)
	case s < 1:
		return fmt.Sprintf("%.0f ms", s*1e3)
	}
	return fmt.Sprintf("%.1f s", s)
}

func bytes(n float64) string {
	switch {
	case n < 10<<10:
		return fmt.Sprintf("%.0f B", n)
	case n < 10<<20:
		return fmt.Sprintf("%.0f KiB", n/(1<<10))
	}
	return fmt.Sprintf("%.0f MiB", n/(1<<20))
}

// tests names a line's tests, a test with many cases once.
func (l line) tests() []string {
	var names []string
	for _, c := range l.cases {
		top, _, _ := strings.Cut(c.Test, "/")
		if !slices.Contains(names, top) {
			names = append(names, top)
		}
	}
	return names
}

func (l line) notes() (notes []string) {
	for _, c := range l.cases {
		if c.Note != "" {
			notes = append(notes, c.Note)
		}
	}
	return notes
}
