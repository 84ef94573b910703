package main

import (
	"context"
	"fmt"
	"io"
	"slices"
	"time"
)

// A work is one thing that all peers have to do.
type work struct {
	name    string
	title   string
	brief   string  // the title in a word or two
	key     float64 // the case of each group that stands for it, or anyCase; none if 0
	rounds  int     // no more than so many, if not 0
	figures []figure
	parts   func(s scale) []part
}

// A part of a work is what is raced with the same processes. Those of all peers
// stay up until it is over, so that turns can be short and follow each other
// closely: on a machine that is also used for other things, that tells peers apart
// better than many rounds far apart.
type part struct {
	does    string // what servers and clients are for
	clients int    // none: a turn has processes of its own
	rooms   int
	rounds  int // no more than so many, if not 0
	cases   []turn
}

// A turn measures one case for one peer once.
type turn struct {
	where
	run func(ctx context.Context, e *entry) error
}

// A figure is one of the numbers that a work yields for each case; less is
// better. The first of a work is what peers are compared by.
type figure struct {
	name, unit string
}

// anyCase says that all cases are to be seen at a glance.
const anyCase = -1

var works = []*work{fanoutWork, echoWork, streamWork, idleWork, stormWork, growthWork}

// where is the case that a measurement belongs to.
type where struct {
	group string // cases that differ in one thing only
	label string // that thing
	x     float64
}

// A plan is what is to be raced.
type plan struct {
	works  []*work
	peers  []*peer
	rounds int
	scale  scale
	log    io.Writer
}

// turns is the order in a round. Each round begins with another one, so that
// nobody always has the same neighbour before it, and everybody goes once before
// anybody goes again: a machine that drifts does so under all of them.
func turns[T any](all []T, round int) []T {
	if len(all) == 0 {
		return nil
	}
	first := round % len(all)
	order := append(slices.Clone(all[first:]), all[:first]...)
	if round/len(all)%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// run races until all is done or ctx ends, and returns what it has so far. A
// peer that fails is noted, and the race goes on.
func (p *plan) run(ctx context.Context) *results {
	out := newResults(p.peers)
	for _, w := range p.works {
		for _, pt := range w.parts(p.scale) {
			if p.runPart(ctx, w, pt, out); ctx.Err() != nil {
				out.Stopped = true
				return out
			}
		}
	}
	return out
}

func (p *plan) runPart(ctx context.Context, w *work, pt part, out *results) {
	rounds := p.rounds
	for _, most := range []int{w.rounds, pt.rounds} {
		if most > 0 {
			rounds = min(rounds, most)
		}
	}
	var entries []*entry
	for _, pr := range p.peers {
		if pr.takesPart(w.name) {
			e := &entry{peer: pr, work: w, scale: p.scale, out: out}
			defer e.close()
			p.logf("%s: %s sets up", w.name, pr.name)
			e.open(ctx, pt)
			entries = append(entries, e)
		}
	}
	for _, t := range pt.cases {
		for round := range rounds {
			p.logf("%s, %s %s: round %d of %d", w.name, t.group, t.label, round+1, rounds)
			for _, e := range turns(entries, round) {
				e.turn(ctx, t)
			}
		}
	}
	if pt.clients > 0 {
		_ = sleep(ctx, p.scale.settle) // what it was interrupted by shows elsewhere
	}
	for _, e := range entries {
		e.settle()
	}
}

// logf reports progress.
func (p *plan) logf(format string, args ...any) {
	fmt.Fprintf(p.log, "%s "+format+"\n", append([]any{time.Now().Format(time.TimeOnly)}, args...)...)
}
