package main

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/longsplice/longsplice/examples/internal/liveline"
)

// milli writes milliseconds in three digits and the unit that suits them.
func milli(v float64) string {
	switch {
	case v == 0:
		return "0"
	case v < 1:
		return digits(v*1000) + "µs"
	case v < 1000:
		return digits(v) + "ms"
	}
	return digits(v/1000) + "s"
}

func digits(v float64) string {
	switch {
	case v < 9.995:
		return fmt.Sprintf("%.2f", v)
	case v < 99.95:
		return fmt.Sprintf("%.1f", v)
	}
	return fmt.Sprintf("%.0f", v)
}

// title says what was run.
func (s setup) title() string {
	b := fmt.Sprintf("%s at %s: %s clients", s.Work, s.Target, liveline.Count(s.Clients))
	if s.Rooms > 0 {
		b += fmt.Sprintf(" in %s rooms of %d", liveline.Count(s.Rooms), s.Members)
	}
	return b
}

// details says how.
func (s setup) details() string {
	b := fmt.Sprintf("closed loop with %s of think time", s.Think)
	if s.Loop == "open" {
		b = fmt.Sprintf("open loop of %g messages/s", s.Rate)
	}
	b += fmt.Sprintf(", size %s", s.Size)
	if s.Cut > 0 {
		b += fmt.Sprintf(", each link cut about every %gs", s.Cut)
	}
	return b
}

func (s setup) phases() string {
	return fmt.Sprintf("ramp %gs, warm-up %gs, then measured for %.4gs", s.Ramp, s.Warmup, s.Length)
}

// text writes the report for people. Its last line is the verdict.
func (r *report) text(w io.Writer) {
	fmt.Fprintf(w, "%s\n%s\n", r.Setup.title(), r.Setup.details())
	fmt.Fprint(w, r.Setup.phases())
	if r.Stopped {
		fmt.Fprint(w, "; stopped early")
	}
	fmt.Fprint(w, "\n\n")
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range r.facts() {
		fmt.Fprintf(table, "%s\t%s\n", row[0], row[1])
	}
	_ = table.Flush() // a reader of stdout that has gone misses the rest as well
	fmt.Fprintln(w)
	table = tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, strings.Join(quantityHead, "\t")+"\t")
	for _, row := range r.quantities() {
		fmt.Fprintln(table, strings.Join(row, "\t")+"\t")
	}
	_ = table.Flush()
	fmt.Fprintf(w, "corrected: %s", r.Latency.Correction)
	if r.Latency.Interval > 0 {
		fmt.Fprintf(w, ", %s", milli(r.Latency.Interval))
	}
	if without := r.Without(); without != "" {
		fmt.Fprintf(w, "\n%s", without)
	}
	fmt.Fprint(w, "\n\n")
	for _, kind := range slices.Sorted(maps.Keys(r.Errors)) {
		fmt.Fprintf(w, "error: %s: %s\n", kind, liveline.Count(r.Errors[kind]))
	}
	fmt.Fprintf(w, "errors=%d (%.3g%%) %v\n", r.ErrorsAll, 100*r.ErrorRate, r.Verdict)
}

// Without says what the latencies leave out, if they do.
func (r *report) Without() string {
	if n := r.Verdict.Lost + r.Verdict.Unknown + r.Messages.Unsent; n > 0 {
		return fmt.Sprintf("%s messages that did not arrive, or were not even sent, have no latency: the truth is worse.", liveline.Count(n))
	}
	return ""
}

// facts are what has a name and a sentence.
func (r *report) facts() [][2]string {
	c, m := r.Connections, r.Messages
	connections := fmt.Sprintf("%s of %s", liveline.Count(c.Made), liveline.Count(c.Wanted))
	if c.Ready < c.Wanted {
		connections += fmt.Sprintf("; %s had nobody to talk to", liveline.Count(c.Wanted-c.Ready))
	}
	sent := fmt.Sprintf("%s sent, %s delivered", liveline.Count(m.Sent), liveline.Count(m.Delivered))
	if r.Setup.Loop == "open" {
		sent = fmt.Sprintf("%s due, %s", liveline.Count(m.Due), sent)
	}
	all := [][2]string{
		{"connections", connections},
		{"messages", sent},
		{"a second", fmt.Sprintf("%s sent, %s delivered", rate(r.Throughput.Sent), rate(r.Throughput.Delivered))},
	}
	if r.Setup.Cut > 0 || r.Cuts.Resumed > 0 {
		all = append(all, [2]string{"cuts", fmt.Sprintf("%s cut, %s resumed, %s messages replayed",
			liveline.Count(r.Cuts.Cuts), liveline.Count(r.Cuts.Resumed), liveline.Count(r.Cuts.Replayed))})
	}
	return all
}

func rate(v float64) string {
	if v < 100 {
		return digits(v)
	}
	return liveline.Count(int64(v + 0.5))
}

var quantityHead = []string{"", "p50", "p90", "p99", "p99.9", "p99.99", "max", "mean", "count"}

// quantities are the rows below quantityHead.
func (r *report) quantities() [][]string {
	rows := [][]string{r.Latency.Corrected.row("latency, corrected"), r.Latency.FromSend.row("from send")}
	if r.Latency.Late != nil {
		rows = append(rows, r.Latency.Late.row("sent late by"))
	}
	rows = append(rows, r.Connections.Connect.row("connecting"))
	if r.Cuts.Back.Count > 0 {
		rows = append(rows, r.Cuts.Back.row("back after a cut"))
	}
	return rows
}

func (q quantities) row(name string) []string {
	row := []string{name}
	for _, v := range []float64{q.P50, q.P90, q.P99, q.P999, q.P9999, q.Max, q.Mean} {
		row = append(row, milli(v))
	}
	return append(row, liveline.Count(q.Count))
}
