package js_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience bounds each run of Node, and each wait.
const patience = 2 * time.Minute

// websocket is the flag without which Node 20 has no WebSocket; later ones
// ignore it.
const websocket = "--experimental-websocket"

// result is how a run of Node has ended.
type result struct {
	stdout, stderr string
	err            error
}

// status is the exit status of a program that ended by itself.
func (r result) status(t *testing.T) int {
	t.Helper()
	var exit *exec.ExitError
	if r.err != nil {
		require.ErrorAs(t, r.err, &exit, r.stderr)
		return exit.ExitCode()
	}
	return 0
}

var summary = regexp.MustCompile(`^sent (\d+), echoed (\d+), pushed (\d+), links \d+`)

// counts are the figures of echo.js's summary: sent, echoed and pushed.
func (r result) counts(t *testing.T) []int {
	t.Helper()
	found := summary.FindStringSubmatch(r.stdout)
	require.NotNil(t, found, "no summary in %q", r.stdout)
	counts := make([]int, 3)
	for i := range counts {
		n, err := strconv.Atoi(found[i+1])
		require.NoError(t, err)
		counts[i] = n
	}
	return counts
}

// node runs Node in this directory, and kills it when the test ends or patience does.
func node(t *testing.T, args ...string) <-chan result {
	t.Helper()
	requireNode(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	cmd := exec.CommandContext(ctx, "node", append([]string{"--disable-warning=ExperimentalWarning"}, args...)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Start())
	done, ended := make(chan result, 1), make(chan struct{})
	go func() {
		defer close(ended)
		err := cmd.Wait()
		if ctx.Err() != nil {
			err = fmt.Errorf("killed: %w", ctx.Err())
		}
		done <- result{stdout.String(), stderr.String(), err}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return done
}

// requireNode skips the test without a Node that is new enough; it fails if LONGSPLICE_REQUIRE_NODE is 1.
func requireNode(t *testing.T) {
	t.Helper()
	out, err := exec.Command("node", "--version").Output()
	if err == nil {
		if err = newEnough(strings.TrimSpace(string(out))); err == nil {
			return
		}
	}
	if os.Getenv("LONGSPLICE_REQUIRE_NODE") == "1" {
		require.FailNow(t, "LONGSPLICE_REQUIRE_NODE=1, and there is no Node of at least 20.19", "%v", err)
	}
	t.Skipf("NOT TESTED: there is no Node of at least 20.19 (%v); LONGSPLICE_REQUIRE_NODE=1 makes this a failure", err)
}

func newEnough(version string) error {
	var major, minor int
	if _, err := fmt.Sscanf(version, "v%d.%d", &major, &minor); err != nil {
		return fmt.Errorf("version %q: %w", version, err)
	}
	if major < 20 || major == 20 && minor < 19 || major == 22 && minor < 7 || major == 21 {
		return errors.New("it is " + version)
	}
	return nil
}
