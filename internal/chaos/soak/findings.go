package main

import (
	"fmt"
	"io"

	"github.com/longsplice/longsplice/internal/chaos/ledger"
)

// leftOver counts processes that ended with goroutines that should have.
const leftOver = "processes with something left over"

// findings is what a run has come to.
type findings struct {
	faults                                ledger.Faults
	words                                 []string
	more                                  int
	stuck                                 uint64
	unfair                                uint64
	sent, settled, unsure, unsent, silent uint64
	delivered                             uint64
}

func (r *run) findings() *findings {
	a := r.auditor
	f := &findings{faults: a.total(), delivered: r.books.delivered.Load()}
	a.mu.Lock()
	defer a.mu.Unlock()
	f.words, f.more, f.stuck, f.unfair = a.findings, a.more, a.stuck, a.unfair
	f.sent, f.settled, f.unsure, f.unsent, f.silent = a.sent, a.settled, a.unsure, a.unsent, a.silent
	return f
}

func (f *findings) good() bool {
	return f.faults == ledger.Faults{} && len(f.words) == 0
}

func (f *findings) print(out io.Writer) {
	for _, w := range f.words {
		fmt.Fprintln(out, "!", w)
	}
	fmt.Fprintf(out, "accepted %d: settled %d, reported unknown %d, undelivered %d, of killed senders %d\n", f.sent, f.settled, f.unsure, f.unsent, f.silent)
	fmt.Fprintf(out, "lost=%d duplicated=%d reordered=%d\n", f.faults.Lost, f.faults.Duplicated, f.faults.Reordered)
}
