// Package browser_test holds the chat's page in a real browser against the real
// server.
package browser_test

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience bounds each wait.
const patience = 15 * time.Second

// The programs: the server's, the terminal client's, and the browser's, which is
// empty if there is none.
var program, client, chromium string

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(built{m})
}

type built struct{ *testing.M }

func (b built) Run() int {
	dir, err := os.MkdirTemp("", "chat")
	if err == nil {
		defer os.RemoveAll(dir)
		err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return b.M.Run()
}

// build makes the programs. Where there is no browser they are not needed.
func build(dir string) error {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			chromium = path
			break
		}
	}
	if chromium == "" {
		return nil
	}
	program, client = filepath.Join(dir, "server"), filepath.Join(dir, "client")
	for path, from := range map[string]string{program: "../server", client: "../client"} {
		if out, err := exec.Command("go", "build", "-o", path, from).CombinedOutput(); err != nil {
			return fmt.Errorf("building %s: %s", from, out)
		}
	}
	return nil
}

// need skips a test for lack of a browser, unless that is not permitted.
func need(t *testing.T) {
	switch {
	case chromium != "":
	case os.Getenv("LONGSPLICE_REQUIRE_CHROMIUM") != "":
		t.Fatal("no chromium found")
	default:
		t.Skip("no chromium found")
	}
}
