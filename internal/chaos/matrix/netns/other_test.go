//go:build !linux

package netns

import (
	"os"
	"runtime"
	"testing"
)

func TestNeedsLinux(t *testing.T) {
	if os.Getenv("LONGSPLICE_REQUIRE_NETNS") == "1" {
		t.Fatalf("network namespaces are required, and %s has none", runtime.GOOS)
	}
	t.Skipf("NOT TESTED: network namespaces exist on Linux alone, this is %s", runtime.GOOS)
}
