package main

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"time"

	"github.com/longsplice/longsplice/internal/chaos/ledger"
)

// findings is what a run has come to.
type findings struct {
	Faults   ledger.Faults
	Verdicts []verdictLine
	Words    []string // what was found, in words
	More     int      // that are not kept
	Counts   []count
	Struck   []count // by fault
	Outcomes outcomes
}

// A verdictLine is one thing that has to hold.
type verdictLine struct {
	What  string
	Judge judgement
}

// A count is a number with its name.
type count struct {
	Name string
	N    uint64
}

// outcomes is how sessions ended for their clients, by kind.
type outcomes struct {
	Ends []string
	Rows []outcomeRow
}

type outcomeRow struct {
	Kind string
	N    []uint64
}

// findings judges the run when it is over.
func (r *run) findings() *findings {
	a, b := r.auditor, r.books
	f := &findings{Faults: a.total()}
	a.mu.Lock()
	defer a.mu.Unlock()
	f.Words, f.More = a.findings, a.more
	none := func(what string, n uint64) {
		f.Verdicts = append(f.Verdicts, verdictLine{fmt.Sprintf("%s: %d", what, n), map[bool]judgement{true: holds, false: fails}[n == 0]})
	}
	none("messages lost", f.Faults.Lost)
	none("messages duplicated", f.Faults.Duplicated)
	none("messages reordered", f.Faults.Reordered)
	none("messages changed, or reported otherwise than they fared", f.Faults.Wrong)
	none("sessions lost without a cause", a.unfair)
	none("sessions that did not end in time", a.stuck)
	none("anything at all that must not be", uint64(len(a.findings)+a.more))
	for _, t := range r.trends(r.calmed) {
		f.Verdicts = append(f.Verdicts, verdictLine{t.String(), t.judge()})
	}
	f.Counts = []count{
		{"sessions", b.begun.Load()}, {"resumptions", b.resumed.Load()}, {"messages sent once more for a cut link", b.replayed.Load()},
		{"messages delivered", b.delivered.Load()}, {"bytes delivered", b.bytes.Load()}, {"flushes", b.flushed.Load()},
		{"messages accepted, but for rooms", a.sent}, {"… and told to be consumed", a.settled}, {"… and told to be unknown", a.unsure},
		{"… and told to be undelivered", a.unsent}, {"… by a sender that was killed", a.silent},
		{"memberships of rooms", b.joined.Load()}, {"values of rooms compared", b.shared.Load()},
		{"… and not, because others are too far ahead", b.forgotten.Load()}, {"gaps told", b.gaps.Load()},
		{"ms that the parent was kept from its work, at most: the machine's load", uint64(max(r.late.Load(), 0) / 1e6)},
	}
	_, counts := r.struck.list()
	for name, n := range counts {
		f.Struck = append(f.Struck, count{name, uint64(n)})
	}
	cuts := 0
	for _, w := range r.ways {
		cuts += w.Stats().Cuts
	}
	f.Struck = append(f.Struck, count{"links cut in all, by whatever fault", uint64(cuts)})
	slices.SortFunc(f.Struck, func(a, b count) int { return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name)) })
	f.Outcomes = a.outcomesLocked()
	return f
}

// outcomesLocked is the table without what never happened.
func (a *auditor) outcomesLocked() (o outcomes) {
	var used []ending
	for e := range endings {
		for k := range kinds {
			if a.outcomes[k][e] > 0 {
				used = append(used, e)
				name := e.String()
				if e == playing {
					name = "client killed"
				}
				o.Ends = append(o.Ends, name)
				break
			}
		}
	}
	for k := range kinds {
		row := outcomeRow{Kind: k.String()}
		for _, e := range used {
			row.N = append(row.N, a.outcomes[k][e])
		}
		o.Rows = append(o.Rows, row)
	}
	return o
}

// good reports whether nothing was found.
func (f *findings) good() bool {
	return !slices.ContainsFunc(f.Verdicts, func(v verdictLine) bool { return v.Judge == fails })
}

func (f *findings) print(out io.Writer, took time.Duration) {
	for _, w := range f.Words {
		fmt.Fprintln(out, "!", w)
	}
	if f.More > 0 {
		fmt.Fprintf(out, "! and %d more\n", f.More)
	}
	fmt.Fprintf(out, "\nafter %v\n", took.Round(time.Second))
	for _, all := range [][]count{f.Counts, f.Struck} {
		for _, c := range all {
			fmt.Fprintf(out, "%12d  %s\n", c.N, c.Name)
		}
		fmt.Fprintln(out)
	}
	for _, v := range f.Verdicts {
		fmt.Fprintf(out, "%-6s %s\n", v.Judge, v.What)
	}
	fmt.Fprintf(out, "lost=%d duplicated=%d reordered=%d\n", f.Faults.Lost, f.Faults.Duplicated, f.Faults.Reordered)
}
