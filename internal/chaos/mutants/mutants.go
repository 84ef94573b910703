// Package mutants validates the checkers of simulations: with any one rule of
// what is simulated switched off, a schedule that is kept for it must fail, and
// with none off it must not. It is for tests with the build tag of the same name.
package mutants

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/longsplice/longsplice/internal/chaos/campaign"
)

// A Trial is a simulation and the rules of what it simulates.
type Trial[R fmt.Stringer] struct {
	campaign.Simulation
	Rules []R
	None  R       // no rule
	Break func(R) // breaks one
}

// Run plays the schedule of each rule. docs/design.md has the table that this
// prints. If search is not 0 it looks for the schedules anew, in so many seeds, and
// keeps them. The environment variable RULE chooses rules by part of their names.
func (x Trial[R]) Run(t *testing.T, search uint64) {
	defer x.Break(x.None)
	design, err := os.ReadFile("../../../docs/design.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, rule := range x.Rules {
		if !strings.Contains(rule.String(), os.Getenv("RULE")) {
			continue
		}
		name := fileOf(rule)
		if search > 0 && !x.lookFor(rule, name, search) {
			t.Errorf("| %s | not found in %d seeds |", rule, search)
			continue
		}
		s, err := x.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		x.Break(x.None)
		if err := s.Play(nil).Failed; err != nil {
			t.Errorf("%s, with nothing broken: %v", name, err)
		}
		x.Break(rule)
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

// Chance plays seeds that nobody has chosen, of which most find most rules.
func (x Trial[R]) Chance(t *testing.T, seeds uint64) {
	defer x.Break(x.None)
	var missed []string
	for _, rule := range x.Rules {
		x.Break(rule)
		if seed, _ := x.first(seeds); seed == 0 {
			missed = append(missed, rule.String())
		}
	}
	t.Logf("of %d, not found in %d seeds: %q", len(x.Rules), seeds, missed)
	if len(missed) > len(x.Rules)/8 {
		t.Error("these are too many")
	}
}

func fileOf(rule fmt.Stringer) string {
	words := strings.FieldsFunc(rule.String(), func(c rune) bool { return c < 'A' || c > 'Z' && c < 'a' || c > 'z' })
	return filepath.Join("testdata", "without-"+strings.Join(words, "-")+".txt")
}

// first is the first seed that fails, 0 if there is none.
func (x Trial[R]) first(most uint64) (uint64, campaign.Schedule) {
	for seed := uint64(1); seed <= most; seed++ {
		if s, o := x.Play(seed, nil); o.Failed != nil {
			return seed, s
		}
	}
	return 0, nil
}

// lookFor keeps the smallest schedule that the first few failing seeds shrink to.
func (x Trial[R]) lookFor(rule R, name string, search uint64) (found bool) {
	x.Break(rule)
	first, s := x.first(search)
	if first == 0 {
		return false
	}
	fails := func(s campaign.Schedule) bool {
		if s.Play(nil).Failed == nil {
			return false
		}
		x.Break(x.None)
		defer x.Break(rule)
		return s.Play(nil).Failed == nil
	}
	best := s.Shrink(fails)
	for seed, more := first+1, 0; more < 8 && seed < first+2000; seed++ {
		s, o := x.Play(seed, nil)
		if o.Failed == nil {
			continue
		}
		more++
		if s = s.Shrink(fails); s.Len() < best.Len() {
			best = s
		}
	}
	best.Explain("without: "+rule.String(), fmt.Sprintf("first seed %d", first), best.Play(nil).Failed.Error())
	return campaign.WriteFile(name, best) == nil
}
