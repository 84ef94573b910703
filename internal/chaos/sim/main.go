package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"runtime"
	"time"

	"github.com/longsplice/longsplice/internal/chaos/campaign"
	"github.com/longsplice/longsplice/internal/chaos/hubsim"
)

// cores are what can be simulated.
var cores = []campaign.Simulation{simulation, hubsim.Simulation}

func main() {
	first := flag.Uint64("first", 1, "first seed")
	seeds := flag.Uint64("seeds", 100_000, "number of seeds to play, of each core")
	workers := flag.Int("workers", runtime.GOMAXPROCS(0), "seeds to play at the same time")
	core := flag.String("core", "all", "what is played: conn, hub or all")
	seed := flag.Uint64("seed", 0, "play this seed alone")
	file := flag.String("play", "", "play the schedule in this file, which is one of the core's")
	keep := flag.String("keep", "", "directory for the schedules of seeds that fail; the core's testdata if empty")
	verbose := flag.Bool("v", false, "print what happens")
	flag.Parse()

	var trace campaign.Trace
	if *verbose {
		trace = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop) // a second interrupt ends the shrinking
	known, good := false, true
	for _, sim := range cores {
		if *core != "all" && *core != sim.Name {
			continue
		}
		known = true
		switch {
		case *file != "":
			s, err := sim.ReadFile(*file)
			if err != nil {
				if good = false; *core != "all" {
					fmt.Fprintln(os.Stderr, err)
				}
				continue
			}
			o := s.Play(trace)
			fmt.Println(sim.Tell(o))
			exit(o.Failed == nil)
		case *seed != 0:
			s, o := sim.Play(*seed, trace)
			fmt.Println(sim.Name, sim.Tell(o))
			if o.Failed != nil {
				good = false
				sim.Keep(*keep, *seed, s, os.Stdout)
			}
		default:
			c := newCampaign(sim, *first, *seeds)
			c.Workers, c.Progress = *workers, os.Stderr
			good = run(ctx, c, sim, *keep) && good
		}
	}
	if !known {
		fmt.Fprintf(os.Stderr, "there is no core %q\n", *core)
		os.Exit(2)
	}
	if *file != "" && *core == "all" {
		fmt.Fprintf(os.Stderr, "%s: not a schedule of any core\n", *file)
	}
	exit(good)
}

func newCampaign(sim campaign.Simulation, first, seeds uint64) *campaign.Campaign {
	return &campaign.Campaign{
		Name: sim.Name, First: first, Seeds: seeds, Workers: runtime.GOMAXPROCS(0),
		Play: func(seed uint64) ([]uint64, error) {
			_, o := sim.Play(seed, nil)
			return o.Met, o.Failed
		},
	}
}

// run plays a campaign, tells of it, and keeps what failed.
func run(ctx context.Context, c *campaign.Campaign, sim campaign.Simulation, keep string) (good bool) {
	began := time.Now()
	c.Run(ctx)
	n, took := c.Played(), time.Since(began)
	fmt.Printf("%s: %d seeds from %d in %v, %.0f/s, %d failed\n%s\n",
		sim.Name, n, c.First, took.Round(time.Millisecond), float64(n)/took.Seconds(), len(c.Failures()), sim.Count(c.Met()))
	for _, f := range c.Failures() {
		s, _ := sim.Play(f.Seed, nil)
		sim.Keep(keep, f.Seed, s, os.Stdout)
	}
	return len(c.Failures()) == 0
}

func exit(good bool) {
	if !good {
		os.Exit(1)
	}
	os.Exit(0)
}
