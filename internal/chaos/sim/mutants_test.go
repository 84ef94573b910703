//go:build mutants

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/session"
)

// mutantSeeds is how many schedules each broken rule has to be found in.
const mutantSeeds = 1000

// TestEachBrokenRuleIsCaught validates the checker: with any one rule of the
// protocol switched off, the simulation must fail. docs/design.md has the table
// that this prints.
func TestEachBrokenRuleIsCaught(t *testing.T) {
	defer session.Break(session.NoRule)
	for _, rule := range session.Rules() {
		session.Break(rule)
		seed, err := uint64(0), error(nil)
		for seed = 1; seed <= mutantSeeds && err == nil; seed++ {
			_, err = run(seed, nil)
		}
		if err == nil {
			t.Errorf("| %s | not caught in %d seeds |", rule, mutantSeeds)
			continue
		}
		t.Logf("| %s | %d | %v |", rule, seed-1, err)
	}
	session.Break(session.NoRule)
	for seed := uint64(1); seed <= mutantSeeds; seed++ {
		_, err := run(seed, nil)
		require.NoError(t, err, "seed %d, nothing broken", seed)
	}
}
