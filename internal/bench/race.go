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
	rounds  int // no more than so many, if not 0
	figures []figure
	// parts are what a peer does in one turn each, in processes of its own. The
	// fewer measurements a part makes, the closer in time are those of two peers.
	parts func(s scale) []part
}

// A part of a work measures one peer once.
type part func(ctx context.Context, v *visit) error

// A figure is one of the numbers that a work yields for each case; less is
// better. The first of a work is what peers are compared by.
type figure struct {
	name, unit string
}

var works = []*work{fanoutWork, echoWork, streamWork, idleWork, stormWork, growthWork}

// where is the case that a measurement belongs to.
type where struct {
	group string // cases that differ in one thing only
	label string // that thing
	x     float64
}

// A visit is one peer's turn in one round of a part.
type visit struct {
	peer  *peer
	work  *work
	scale scale
	out   *results
	log   io.Writer
}

func (v *visit) add(at where, f Faults, values ...float64) {
	v.out.add(v.work, v.peer, at, f, values)
	fmt.Fprintf(v.log, "  %s %s: %s %s%s\n", at.group, at.label, short(values[0]), v.work.figures[0].unit, complaint(f))
}

func (v *visit) failed(at where, err error) {
	v.out.fail(v.work, v.peer, at, err)
	fmt.Fprintf(v.log, "  %s %s: %v\n", at.group, at.label, err)
}

// A plan is what is to be raced.
type plan struct {
	works  []*work
	peers  []*peer
	rounds int
	scale  scale
	log    io.Writer
}

// turns is the order of peers in a round. Each round begins with another one, so
// that no peer has always the same neighbour before it, and all peers go once
// before any goes again: a machine that drifts does so under all of them.
func turns(peers []*peer, round int) []*peer {
	if len(peers) == 0 {
		return nil
	}
	first := round % len(peers)
	order := append(slices.Clone(peers[first:]), peers[:first]...)
	if round/len(peers)%2 == 1 {
		slices.Reverse(order)
	}
	return order
}

// run races until all is done or ctx ends, and returns what it has so far. A
// peer that fails is noted, and the race goes on.
func (p *plan) run(ctx context.Context) *results {
	out := newResults(p.peers)
	began := time.Now()
	for _, w := range p.works {
		rounds := p.rounds
		if w.rounds > 0 {
			rounds = min(rounds, w.rounds)
		}
		for i, does := range w.parts(p.scale) {
			for round := range rounds {
				for _, pr := range turns(p.peers, round) {
					if !pr.takesPart(w.name) {
						continue
					}
					fmt.Fprintf(p.log, "%6.0fs %s, part %d, round %d of %d: %s\n",
						time.Since(began).Seconds(), w.name, i+1, round+1, rounds, pr.name)
					v := &visit{pr, w, p.scale, out, p.log}
					if err := does(ctx, v); ctx.Err() != nil {
						out.Stopped = true
						return out
					} else if err != nil {
						v.failed(where{label: "set-up"}, err)
					}
				}
			}
		}
	}
	return out
}
