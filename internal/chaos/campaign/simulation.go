package campaign

import (
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
)

// A Simulation is something to play seeds and schedules with.
type Simulation struct {
	Name   string   // as it is chosen on the command line
	Dir    string   // where schedules are kept, from the root of the module
	Events []string // the names of what its runs count

	// Play draws a schedule from a seed and plays it.
	Play func(seed uint64, trace Trace) (Schedule, Outcome)
	// Read reads what a schedule's WriteTo wrote.
	Read func(in io.Reader) (Schedule, error)
}

// A Trace is told what happens; nil for nobody.
type Trace = func(format string, args ...any)

// A Schedule is all that a run depends on, move by move. Any part of one is one.
type Schedule interface {
	io.WriterTo
	Play(trace Trace) Outcome
	// Shrink returns a smaller schedule for which fails still holds.
	Shrink(fails func(Schedule) bool) Schedule
	// Len is how many moves there are.
	Len() int
	// Explain sets the notes that say why it is kept.
	Explain(notes ...string)
	// Notes are those.
	Notes() []string
}

// An Outcome is what came of a schedule.
type Outcome struct {
	Hash   uint64   // of all that happened
	Met    []uint64 // how often each event was
	Failed error
}

// Tell says what an outcome was.
func (s Simulation) Tell(o Outcome) string {
	if o.Failed != nil {
		return fmt.Sprintf("%016x %v", o.Hash, o.Failed)
	}
	return fmt.Sprintf("%016x %s", o.Hash, s.Count(o.Met))
}

// Count names the events that were met, but for the first, the moves.
func (s Simulation) Count(met []uint64) string {
	var b strings.Builder
	for e, n := range met {
		if e > 0 {
			fmt.Fprintf(&b, " %s=%d", s.Events[e], n)
		}
	}
	return strings.TrimSpace(b.String())
}

// Keep shrinks the schedule of a seed that failed, writes it to dir, or to the
// simulation's own directory if that is empty, and tells how to play it again.
func (s Simulation) Keep(dir string, seed uint64, schedule Schedule, tell io.Writer) {
	if dir == "" {
		dir = s.Dir
	}
	const run = "go run ./internal/chaos/sim"
	fmt.Fprintf(tell, "%s: seed %d: %v\n  replay: %s -core %s -seed %d -v\n", s.Name, seed, schedule.Play(nil).Failed, run, s.Name, seed)
	schedule = schedule.Shrink(func(s Schedule) bool { return s.Play(nil).Failed != nil })
	schedule.Explain(fmt.Sprintf("seed %d: %v", seed, schedule.Play(nil).Failed))
	name := filepath.Join(dir, fmt.Sprintf("seed-%d.txt", seed))
	if err := WriteFile(name, schedule); err != nil {
		fmt.Fprintf(tell, "  %v; the schedule:\n", err)
		_, _ = schedule.WriteTo(tell)
		return
	}
	fmt.Fprintf(tell, "  shrunk to %d moves: %s -core %s -play %s -v\n", schedule.Len(), run, s.Name, name)
}

// ReadFile reads a schedule from a file.
func (s Simulation) ReadFile(name string) (Schedule, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	schedule, err := s.Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return schedule, nil
}

// WriteFile writes a schedule to a file.
func WriteFile(name string, s Schedule) error {
	f, err := os.Create(name)
	if err != nil {
		return err
	}
	if _, err := s.WriteTo(f); err != nil {
		_ = f.Close()
		return err
	}
	return f.Close()
}
