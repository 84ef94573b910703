package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"path/filepath"
	"runtime"
	"time"
)

func main() {
	c := &Campaign{Progress: os.Stderr}
	flag.Uint64Var(&c.First, "first", 1, "first seed")
	flag.Uint64Var(&c.Seeds, "seeds", 100_000, "number of seeds to play")
	flag.IntVar(&c.Workers, "workers", runtime.GOMAXPROCS(0), "seeds to play at the same time")
	seed := flag.Uint64("seed", 0, "play this seed alone")
	file := flag.String("play", "", "play the schedule in this file")
	keep := flag.String("keep", "internal/chaos/sim/testdata", "directory for the schedules of seeds that fail")
	verbose := flag.Bool("v", false, "print what happens")
	flag.Parse()

	var trace func(string, ...any)
	if *verbose {
		trace = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	}
	switch {
	case *file != "":
		s, err := readFile(*file)
		if err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(2)
		}
		exit(s.Play(trace).show(os.Stdout))
	case *seed != 0:
		s, r := PlaySeed(*seed, trace)
		if r.Failed != nil {
			keepFailure(*keep, Failure{*seed, s, r.Failed})
		}
		exit(r.show(os.Stdout))
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	began := time.Now()
	c.Run(ctx)
	stop() // a second interrupt ends the shrinking
	n, took := c.played.Load(), time.Since(began)
	fmt.Printf("%d seeds from %d in %v, %.0f/s, %d failed\n%s\n",
		n, c.First, took.Round(time.Millisecond), float64(n)/took.Seconds(), len(c.failed), &c.met)
	for _, f := range c.failed {
		keepFailure(*keep, f)
	}
	exit(len(c.failed) == 0)
}

func exit(good bool) {
	if !good {
		os.Exit(1)
	}
	os.Exit(0)
}

func (r Result) show(out io.Writer) (good bool) {
	fmt.Fprintln(out, r)
	return r.Failed == nil
}

// keepFailure shrinks the schedule of a seed that failed, writes it to dir and
// says how to play it again.
func keepFailure(dir string, f Failure) {
	fmt.Printf("seed %d: %v\n  replay: go run ./internal/chaos/sim -seed %d -v\n", f.Seed, f.Err, f.Seed)
	s := Shrink(f.Schedule, func(s *Schedule) bool { return s.Play(nil).Failed != nil })
	s.Note = []string{fmt.Sprintf("seed %d: %v", f.Seed, s.Play(nil).Failed)}
	name := filepath.Join(dir, fmt.Sprintf("seed-%d.txt", f.Seed))
	if err := writeFile(name, s); err != nil {
		fmt.Printf("  %v; the schedule:\n", err)
		_, _ = s.WriteTo(os.Stdout)
		return
	}
	fmt.Printf("  shrunk to %d moves: go run ./internal/chaos/sim -play %s -v\n", len(s.Moves), name)
}

func readFile(name string) (*Schedule, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	s, err := ReadSchedule(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return s, nil
}

func writeFile(name string, s *Schedule) error {
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
