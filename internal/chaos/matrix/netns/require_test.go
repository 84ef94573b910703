//go:build linux

package netns

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
)

// The names of namespaces say which process made them, by its number and the
// time of its start, so that what a killed run left behind can be told from what
// a concurrent run is using.
const prefix = "lsplice-"

var (
	own   = fmt.Sprintf("%s%d-%s-", prefix, os.Getpid(), startOf(os.Getpid()))
	ready = sync.OnceValue(prepare)
)

// requireNetns skips the test where namespaces cannot be had, or fails it where they
// must be.
func requireNetns(t *testing.T) {
	t.Helper()
	if err := ready(); err != nil {
		if os.Getenv("LONGSPLICE_REQUIRE_NETNS") == "1" {
			t.Fatalf("network namespaces are required: %v", err)
		}
		t.Skipf("NOT TESTED: network namespaces cannot be had: %v", err)
	}
}

// prepare finds out once whether namespaces can be had, and clears away stale
// ones.
func prepare() error {
	if os.Geteuid() != 0 {
		return errors.New("not root")
	}
	for _, name := range []string{"ip", "ss", "nft"} {
		if _, err := exec.LookPath(name); err != nil {
			return err
		}
	}
	if err := sweep(); err != nil {
		return err
	}
	probe := own + "probe"
	if err := run("", "ip", "netns", "add", probe); err != nil {
		return err
	}
	defer run("", "ip", "netns", "del", probe)
	return run("", "ip", "netns", "exec", probe, "nft", "add table inet probe")
}

// sweep removes the namespaces of runs that are over. Their processes are gone:
// children die with their parent.
func sweep() error {
	entries, err := os.ReadDir("/run/netns")
	if err != nil && !os.IsNotExist(err) {
		return err
	}
	for _, e := range entries {
		rest, ok := strings.CutPrefix(e.Name(), prefix)
		if !ok {
			continue
		}
		parts := strings.SplitN(rest, "-", 3)
		if len(parts) != 3 {
			continue
		}
		pid, err := strconv.Atoi(parts[0])
		if err != nil || startOf(pid) == parts[1] {
			continue
		}
		_ = run("", "ip", "netns", "del", e.Name()) // a concurrent run may be sweeping too
	}
	return nil
}

// startOf is when a process was started, in the kernel's ticks; empty if there
// is no such process.
func startOf(pid int) string {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return ""
	}
	// The name, which is in parentheses, may hold anything.
	fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:])
	return string(fields[19])
}

// run runs a command, and has its error say what the command said.
func run(stdin, name string, args ...string) error {
	_, err := output(stdin, name, args...)
	return err
}

func output(stdin, name string, args ...string) (string, error) {
	cmd := exec.Command(name, args...)
	cmd.Stdin = strings.NewReader(stdin)
	out, err := cmd.CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%s %s: %w: %s", name, strings.Join(args, " "), err, bytes.TrimSpace(out))
	}
	return string(out), nil
}
