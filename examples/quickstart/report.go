package main

import (
	"fmt"
	"io"
	"text/tabwriter"
	"time"

	"github.com/longsplice/longsplice/examples/internal/liveline"
)

// report writes the table and, as the last line, the verdict, which it returns.
func (r *rig) report(w io.Writer, cuts int, took time.Duration) faults {
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(table, "\tmessages\tbytes\tcuts\tresumed\treplayed\ttime\trate\t")
	var found faults
	for _, f := range []*flow{r.up, r.down} {
		messages, bytes, last := f.tally.soFar()
		found = found.plus(f.tally.verdict(f.sent.Load()))
		replayed := "-" // the library tells only the client
		if f == r.up {
			replayed = liveline.Count(r.replayed.Load())
		}
		span := time.Duration(max(0, last.UnixNano()-f.began.Load()))
		row(table, f.tally.direction.String(), messages, bytes, struck(r.plan, cuts, f.tally.direction), r.resumed.Load(), replayed, span)
	}
	messages, bytes := r.delivered()
	row(table, "both", messages, bytes, cuts, r.resumed.Load(), "", took)
	_ = table.Flush() // a reader of stdout that has gone misses the rest as well
	fmt.Fprintln(w)
	fmt.Fprintln(w, found)
	return found
}

func row(w io.Writer, name string, messages uint64, bytes int64, cuts int, resumed int64, replayed string, span time.Duration) {
	rate := float64(bytes) / max(span.Seconds(), 1e-9)
	fmt.Fprintf(w, "%s\t%s\t%s\t%d\t%d\t%s\t%.2fs\t%s/s\t\n", name,
		liveline.Count(messages), liveline.Count(bytes), cuts, resumed, replayed, span.Seconds(), liveline.Bytes(rate))
}

// String is the verdict. Corruption is mentioned only when there is some.
func (f faults) String() string {
	s := fmt.Sprintf("lost=%d duplicated=%d reordered=%d", f.lost, f.duplicated, f.reordered)
	if f.corrupted > 0 {
		s += fmt.Sprintf(" corrupted=%d", f.corrupted)
	}
	return s
}
