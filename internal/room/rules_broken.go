//go:build mutants

package room

var broken = NoRule

// BreakRule breaks one rule in every room of the process, or none.
func BreakRule(r Rule) { broken = r }
