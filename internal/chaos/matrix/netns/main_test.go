//go:build linux

package netns

import (
	"flag"
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
	flag.Parse()
	// Cases wait more than they work; turns has their number.
	if err := flag.Set("test.parallel", "100"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
