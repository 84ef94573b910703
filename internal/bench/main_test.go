package main

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// TestMain also is the child of the races that the tests run.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == childArg {
		child()
		return
	}
	os.Setenv("GORACE", "atexit_sleep_ms=0") // of the children, of which there are many
	goleak.VerifyTestMain(m)
}
