//go:build mutants

package main

import (
	"flag"
	"testing"

	"github.com/longsplice/longsplice/internal/chaos/mutants"
	"github.com/longsplice/longsplice/internal/session"
)

var search = flag.Uint64("search", 0, "look anew for schedules that find each broken rule, in so many seeds, and keep them")

var trial = mutants.Trial[session.Rule]{Simulation: simulation, Rules: session.Rules(), None: session.NoRule, Break: session.Break}

func TestEachBrokenRuleIsCaught(t *testing.T) { trial.Run(t, *search) }

func TestSeedsFindMostBrokenRules(t *testing.T) { trial.Chance(t, 1000) }
