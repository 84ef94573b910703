package longsplice_test

import (
	"encoding/json"
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/longsplice/longsplice"

// arrows are the imports that the architecture allows between our packages.
// Leaves know nothing of each other; what is not named here imports nothing of
// ours.
var arrows = map[string][]string{
	"conn":             {"codec", "heartbeat", "reconnect", "internal/session", "internal/wire"},
	"hub":              {"internal/room"},
	"hub/hubconn":      {"conn", "hub"},
	"hub/hubtest":      {"hub"},
	"internal/session": {"internal/wire"},

	"internal/chaos/report":  {"internal/chaos/row"},
	"internal/chaos/mutants": {"internal/chaos/campaign"},
	"internal/chaos/hubsim":  {"internal/chaos/campaign", "internal/room"},
	"internal/chaos/sim":     {"heartbeat", "internal/chaos/campaign", "internal/chaos/hubsim", "internal/session", "internal/wire"},
	"internal/chaos/storm":   {"conn/conntest"},
}

type listed struct {
	ImportPath string
	Standard   bool
	Imports    []string
	Module     *struct{ Path string }
}

func list(t *testing.T, args ...string) (packages []listed) {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json=ImportPath,Standard,Imports,Module"}, args...)...)
	cmd.Env = append(cmd.Environ(), "GOWORK=off")
	out, err := cmd.Output()
	require.NoError(t, err)
	for dec := json.NewDecoder(strings.NewReader(string(out))); dec.More(); {
		var p listed
		require.NoError(t, dec.Decode(&p))
		packages = append(packages, p)
	}
	return packages
}

func TestPackagesImportOnlyWhatTheArchitectureAllows(t *testing.T) {
	seen := 0
	for _, p := range list(t, "./...") {
		name := strings.TrimPrefix(p.ImportPath, module+"/")
		for _, imported := range p.Imports {
			if ours, ok := strings.CutPrefix(imported, module+"/"); ok {
				seen++
				require.True(t, slices.Contains(arrows[name], ours), "%s imports %s", name, ours)
			}
		}
	}
	require.Greater(t, seen, 5, "the imports were not found at all")
}

// TestTheProtocolCoreDoesNoIO keeps clocks, sockets and randomness out of the
// packages that the simulator drives.
func TestTheProtocolCoreDoesNoIO(t *testing.T) {
	banned := []string{"net", "os", "io", "context", "math/rand", "math/rand/v2", "crypto/rand", "syscall"}
	for _, p := range list(t, "./internal/session", "./internal/wire", "./internal/room") {
		for _, imported := range p.Imports {
			require.NotContains(t, banned, imported, "%s", p.ImportPath)
		}
	}
}

func TestTheModuleNeedsBackoffAlone(t *testing.T) {
	needed := map[string]bool{}
	for _, p := range list(t, "-deps", "./...") {
		if p.Module != nil && p.Module.Path != module {
			needed[p.Module.Path] = true
		}
	}
	require.Equal(t, map[string]bool{"github.com/cenkalti/backoff/v4": true}, needed)
}
