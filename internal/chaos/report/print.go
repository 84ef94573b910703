package main

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

var header = []string{"detected", "recovered", "lost", "doubled", "memory", "goroutines left"}

// Text prints the matrix for a terminal.
func (m *Matrix) Text(w io.Writer) {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintf(tw, "row\tfault\tover\t%s\tverdict\t\n", strings.Join(header, "\t"))
	for i, l := range m.lines {
		number, fault := fmt.Sprint(l.number), l.name
		if i > 0 && m.lines[i-1].number == l.number {
			number, fault = "", ""
		}
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\n", number, fault, l.transport,
			strings.Join(l.figures(), "\t"), l.verdict(), strings.Join(l.notes(), "; "))
	}
	_ = tw.Flush() // to a terminal
	m.summary(w)
}

// summary says what is wrong, and counts.
func (m *Matrix) summary(w io.Writer) {
	rows, cases, lost, doubled, bad := map[int]bool{}, 0, 0, 0, 0
	for _, l := range m.lines {
		rows[l.number] = true
		cases += len(l.cases)
		for _, c := range l.cases {
			lost += c.Lost
			doubled += c.Doubled
			if c.Verdict == "fail" || c.Verdict == "" {
				fmt.Fprintf(w, "failed: row %d: %s.%s\n", l.number, c.Package, c.Test)
			}
		}
		if l.verdict() != "pass" {
			bad++
		}
	}
	for _, o := range m.others {
		fmt.Fprintf(w, "failed: %s\n", o)
	}
	fmt.Fprintf(w, "%d rows, %d cases, %d lines not passed, lost=%d duplicated=%d\n", len(rows), cases, bad, lost, doubled)
}

// Markdown prints the matrix as a table for the documentation.
func (m *Matrix) Markdown(w io.Writer) {
	fmt.Fprintf(w, "| # | fault | must | over | %s | test |\n|---|---|---|---|%s---|\n",
		strings.Join(header, " | "), strings.Repeat("---|", len(header)))
	for i, l := range m.lines {
		number, fault, must := fmt.Sprint(l.number), l.name, l.expected
		if i > 0 && m.lines[i-1].number == l.number {
			number, fault, must = "", "", ""
		}
		tests := make([]string, 0, 3)
		for _, t := range l.tests() {
			tests = append(tests, "`"+t+"`")
		}
		if v := l.verdict(); v != "pass" {
			tests = append(tests, "**"+v+"**")
		}
		fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s |\n", number, fault, must, l.transport,
			strings.Join(l.figures(), " | "), strings.Join(tests, " "))
	}
}
