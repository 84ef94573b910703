//go:build mutants

package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/chaos/campaign"
	"github.com/longsplice/longsplice/internal/session"
)

var search = flag.Uint64("search", 0, "look anew for schedules that find each broken rule, in so many seeds, and keep them")

// TestEachBrokenRuleIsCaught validates the checker: with any one rule of the
// protocol switched off, the schedule that is kept for it must fail, and with
// none off it must not. docs/design.md has the table that this prints.
func TestEachBrokenRuleIsCaught(t *testing.T) {
	defer session.Break(session.NoRule)
	design, err := os.ReadFile("../../../docs/design.md")
	require.NoError(t, err)
	for _, rule := range session.Rules() {
		if !strings.Contains(rule.String(), os.Getenv("RULE")) {
			continue
		}
		name := fileOf(rule)
		if *search > 0 {
			lookFor(t, rule, name)
		}
		s, err := simulation.ReadFile(name)
		require.NoError(t, err)
		session.Break(session.NoRule)
		require.NoError(t, s.Play(nil).Failed, "%s, with nothing broken", name)
		session.Break(rule)
		failed := s.Play(nil).Failed
		if failed == nil {
			t.Errorf("| %s | not caught by %s |", rule, name)
			continue
		}
		line := fmt.Sprintf("| %s | %d |", strings.TrimPrefix(s.Notes()[1], "first seed "), s.Len())
		t.Logf("| %s %s %v", rule, line, failed)
		if !strings.Contains(string(design), "\n| "+rule.String()+" |") {
			t.Errorf("the table of docs/design.md lacks: %s", rule)
		}
	}
}

// TestSeedsFindMostBrokenRules is the same for seeds that nobody has chosen.
func TestSeedsFindMostBrokenRules(t *testing.T) {
	defer session.Break(session.NoRule)
	const most = 1000
	var missed []string
	for _, rule := range session.Rules() {
		session.Break(rule)
		if seed, _ := firstSeed(most); seed == 0 {
			missed = append(missed, rule.String())
		}
	}
	t.Logf("of %d, not found in %d seeds: %q", len(session.Rules()), most, missed)
	require.LessOrEqual(t, len(missed), len(session.Rules())/8)
}

func fileOf(r session.Rule) string {
	words := strings.FieldsFunc(r.String(), func(c rune) bool { return c < 'A' || c > 'Z' && c < 'a' || c > 'z' })
	return filepath.Join("testdata", "without-"+strings.Join(words, "-")+".txt")
}

func firstSeed(most uint64) (uint64, *Schedule) {
	for seed := uint64(1); seed <= most; seed++ {
		if s, r := PlaySeed(seed, nil); r.Failed != nil {
			return seed, s
		}
	}
	return 0, nil
}

// lookFor keeps the smallest schedule that the first few failing seeds shrink to.
func lookFor(t *testing.T, rule session.Rule, name string) {
	session.Break(rule)
	first, s := firstSeed(*search)
	require.NotZero(t, first, "%s: not found in %d seeds", rule, *search)
	fails := func(s *Schedule) bool {
		if s.Play(nil).Failed == nil {
			return false
		}
		session.Break(session.NoRule)
		defer session.Break(rule)
		return s.Play(nil).Failed == nil
	}
	best := Shrink(s, fails)
	for seed, more := first+1, 0; more < 8 && seed < first+2000; seed++ {
		s, r := PlaySeed(seed, nil)
		if r.Failed == nil {
			continue
		}
		more++
		if s = Shrink(s, fails); len(s.Moves) < len(best.Moves) {
			best = s
		}
	}
	best.Note = []string{"without: " + rule.String(), fmt.Sprintf("first seed %d", first), best.Play(nil).Failed.Error()}
	require.NoError(t, campaign.WriteFile(name, best))
}
