//go:build linux

package netns

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// childEnv holds the settings of a child, and its presence makes one of this
// binary.
const childEnv = "LONGSPLICE_NETNS_CHILD"

func TestMain(m *testing.M) {
	if s, ok := os.LookupEnv(childEnv); ok {
		os.Exit(childMain(s))
	}
	goleak.VerifyTestMain(m)
}
