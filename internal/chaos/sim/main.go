// Sim plays random schedules of faults against the protocol core of package
// conn, with both ends in one process and no clock, socket or goroutine. Each
// seed is one schedule, and a seed always gives the same one.
//
//	go run ./internal/chaos/sim -seeds 1000000
//	go run ./internal/chaos/sim -seed 4711 -v
package main

import (
	"flag"
	"fmt"
	"os"
	"time"
)

func main() {
	first := flag.Uint64("first", 1, "first seed")
	seeds := flag.Uint64("seeds", 100_000, "number of seeds to play")
	seed := flag.Uint64("seed", 0, "play this seed alone")
	verbose := flag.Bool("v", false, "print what happens")
	flag.Parse()

	var trace func(string, ...any)
	if *verbose {
		trace = func(format string, args ...any) { fmt.Printf(format+"\n", args...) }
	}
	if *seed != 0 {
		*first, *seeds = *seed, 1
	}
	total, began := counts{}, time.Now()
	last := began
	for s := *first; s < *first+*seeds; s++ {
		c, err := run(s, trace)
		if err != nil {
			fmt.Printf("seed %d: %v\nreplay: go run ./internal/chaos/sim -seed %d -v\n", s, err, s)
			os.Exit(1)
		}
		total.add(c)
		if now := time.Now(); now.Sub(last) > time.Second {
			last = now
			fmt.Fprintf(os.Stderr, "\r%d of %d seeds", s-*first+1, *seeds)
		}
	}
	fmt.Printf("\r%d seeds in %v without a violation: %+v\n", *seeds, time.Since(began).Round(time.Millisecond), total)
}

func (c *counts) add(o counts) {
	c.Steps += o.Steps
	c.Links += o.Links
	c.Resumes += o.Resumes
	c.Cuts += o.Cuts
	c.Delivered += o.Delivered
	c.Stale += o.Stale
	c.Closed += o.Closed
	c.Lost += o.Lost
	c.Restarts += o.Restarts
}
