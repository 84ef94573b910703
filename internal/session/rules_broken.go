//go:build mutants

package session

var broken = NoRule

// Break breaks one rule in every session of the process, or none.
func Break(r Rule) { broken = r }
