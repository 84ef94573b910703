//go:build mutants

package main

import (
	"os"

	"github.com/longsplice/longsplice/internal/session"
)

// In a build with the tag "mutants" all processes break the rule of the protocol
// that this environment variable names, to see what the soak makes of it.
const mutantEnv = "LONGSPLICE_SOAK_MUTANT"

func init() {
	name := os.Getenv(mutantEnv)
	for _, r := range session.Rules() {
		if r.String() == name {
			session.Break(r)
		}
	}
}
