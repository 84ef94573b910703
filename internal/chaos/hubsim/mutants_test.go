//go:build mutants

package hubsim

import (
	"flag"
	"testing"

	"github.com/longsplice/longsplice/internal/chaos/mutants"
	"github.com/longsplice/longsplice/internal/room"
)

var search = flag.Uint64("search", 0, "look anew for schedules that find each broken rule, in so many seeds, and keep them")

var trial = mutants.Trial[room.Rule]{Simulation: Simulation, Rules: room.Rules(), None: room.NoRule, Break: room.BreakRule}

func TestEachBrokenRuleIsCaught(t *testing.T) { trial.Run(t, *search) }

func TestSeedsFindMostBrokenRules(t *testing.T) { trial.Chance(t, 1000) }
