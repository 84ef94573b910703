package browser_test

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// What the page knows and says, without a browser: the tests of model, in Node.
func TestModel(t *testing.T) {
	if _, err := exec.LookPath("node"); err != nil {
		if os.Getenv("LONGSPLICE_REQUIRE_NODE") != "" {
			t.Fatal("no node found")
		}
		t.Skip("no node found")
	}
	files, err := filepath.Glob("model/*.test.js")
	require.NoError(t, err)
	ctx, cancel := context.WithTimeout(t.Context(), 4*patience)
	defer cancel()
	out, err := exec.CommandContext(ctx, "node", append([]string{"--test", "--test-reporter=tap"}, files...)...).CombinedOutput()
	require.NoError(t, err, string(out))
	assert.Regexp(t, regexp.MustCompile(`(?m)^# tests [3-9]\d$`), string(out))
	assert.Regexp(t, regexp.MustCompile(`(?m)^# skipped 0$`), string(out))
}
