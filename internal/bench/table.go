package main

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
	"text/tabwriter"
)

// A line is one peer in the table of a case.
type line struct {
	peer        *peer
	median      float64
	least, most float64
	floor, best float64 // how many times the floor, and the best peer
	more        []float64
	remark      string
}

// lines compares the peers of a case, the best first. The best peer is the best
// of those that Longsplice is compared with.
func (c *result) lines() (all []line) {
	var floor, best *row
	for _, p := range peers {
		r := c.Peers[p.name]
		switch {
		case r == nil || len(r.Values) == 0:
		case p == floorPeer:
			floor = r
		case !p.ours && (best == nil || median(r.column(0)) < median(best.column(0))):
			best = r
		}
	}
	for _, p := range peers {
		r := c.Peers[p.name]
		if r == nil {
			continue
		}
		l := line{peer: p, remark: remark(p, r)}
		col := r.column(0)
		l.median, l.least, l.most, l.floor, l.best = median(col), math.NaN(), math.NaN(), math.NaN(), math.NaN()
		if len(col) > 0 {
			l.least, l.most = slices.Min(col), slices.Max(col)
			if floor != nil {
				l.floor = ratio(col, floor.column(0))
			}
			if best != nil {
				l.best = ratio(col, best.column(0))
			}
		}
		for i := range c.work.figures[1:] {
			l.more = append(l.more, median(r.column(1+i)))
		}
		all = append(all, l)
	}
	slices.SortStableFunc(all, func(a, b line) int {
		switch {
		case math.IsNaN(a.median) && math.IsNaN(b.median):
			return 0
		case math.IsNaN(a.median) || a.median > b.median:
			return 1
		case math.IsNaN(b.median) || a.median < b.median:
			return -1
		}
		return 0
	})
	return all
}

// remark is what has to be known beside a peer's figure.
func remark(p *peer, r *row) string {
	var parts []string
	if p.without != "" {
		parts = append(parts, "without "+p.without)
	}
	if c := complaint(r.Faults); c != "" {
		parts = append(parts, strings.TrimPrefix(c, ", "))
	} else if p.promises && len(r.Values) > 0 {
		parts = append(parts, "all once and in order")
	}
	if len(r.Failures) > 0 {
		parts = append(parts, fmt.Sprintf("failed %d times: %s", len(r.Failures), r.Failures[0]))
	}
	return strings.Join(parts, "; ")
}

// name is a case in words.
func (c *result) name() string {
	if c.Group == "" {
		return c.Label
	}
	return c.Group + ", " + c.Label
}

// head names the columns of a case's table.
func (c *result) head() []string {
	cols := []string{"", c.work.figures[0].String(), "least–most", "× floor", "× best peer"}
	for _, f := range c.work.figures[1:] {
		cols = append(cols, f.String())
	}
	return append(cols, "")
}

func (f figure) String() string {
	if f.unit == "" {
		return f.name
	}
	return f.name + ", " + f.unit
}

// cells are the columns of one line.
func (l line) cells() []string {
	cells := []string{l.peer.name, short(l.median), short(l.least) + "–" + short(l.most), short(l.floor), short(l.best)}
	for _, v := range l.more {
		cells = append(cells, short(v))
	}
	return append(cells, l.remark)
}

// print writes all tables.
func (r *results) print(w io.Writer) error {
	fmt.Fprintf(w, "%s, %s. Medians over the rounds; less is better.\n", r.Machine, r.Go)
	if r.Stopped {
		fmt.Fprintln(w, "Stopped before it was done.")
	}
	var last *work
	for _, c := range r.Cases {
		if c.work != last {
			fmt.Fprintf(w, "\n%s\n", c.work.title)
			last = c.work
		}
		fmt.Fprintf(w, "\n  %s\n", c.name())
		tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
		fmt.Fprintf(tw, "  %s\n", strings.Join(c.head(), "\t"))
		for _, l := range c.lines() {
			fmt.Fprintf(tw, "  %s\n", strings.Join(l.cells(), "\t"))
		}
		if err := tw.Flush(); err != nil {
			return err
		}
	}
	fmt.Fprintln(w, "\nSet up as:")
	for _, e := range r.Entrants {
		if _, err := fmt.Fprintf(w, "  %s: %s\n", e.Name, e.Tuned); err != nil {
			return err
		}
	}
	return nil
}
