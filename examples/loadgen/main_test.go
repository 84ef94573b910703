package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"testing"

	"go.uber.org/goleak"
)

// asProgram has the test's binary be the program itself, for the tests of how it
// ends.
const asProgram = "LONGSPLICE_TEST_LOADGEN"

// chatServer is the program that -work chat is for.
var chatServer string

func TestMain(m *testing.M) {
	if os.Getenv(asProgram) != "" {
		main()
		return
	}
	goleak.VerifyTestMain(built{m})
}

type built struct{ *testing.M }

func (b built) Run() int {
	dir, err := os.MkdirTemp("", "loadgen")
	if err == nil {
		defer os.RemoveAll(dir)
		chatServer = filepath.Join(dir, "server")
		if runtime.GOOS == "windows" {
			chatServer += ".exe"
		}
		var out []byte
		if out, err = exec.Command("go", "build", "-ldflags=-s -w", "-o", chatServer, "../chat/server").CombinedOutput(); err != nil {
			err = fmt.Errorf("building the chat's server: %s", out)
		}
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return b.M.Run()
}
