//go:build mutants

package main

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/session"
)

// TestABrokenLibraryIsFound breaks rules of the library's own, one after the other.
// Others take longer to matter on real sockets; internal/chaos/sim has them all.
//
//	go test -tags mutants -run TestABrokenLibraryIsFound -v .
func TestABrokenLibraryIsFound(t *testing.T) {
	needsLinux(t)
	for _, rule := range []session.Rule{
		session.RuleRewindSent, session.RuleForgetConsumed, session.RuleSentIsUnknown, session.RuleFenceServer, session.RuleTwoPhaseToken,
	} {
		t.Run(rule.String(), func(t *testing.T) {
			t.Setenv(mutantEnv, rule.String())
			f, out, err := until(t.Context(), quick(0), func(r *run) bool {
				r.auditor.mu.Lock()
				defer r.auditor.mu.Unlock()
				return len(r.auditor.findings) > 0
			})
			require.NoError(t, err)
			require.False(t, f.good(), out)
			t.Log(f.Words[0])
		})
	}
}
