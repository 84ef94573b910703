package browser_test

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A terminal is the client for terminals, as a process that reads and writes
// lines.
type terminal struct {
	t   *testing.T
	in  io.WriteCloser
	out logged
}

func startTerminal(t *testing.T, s *server, name string) *terminal {
	t.Helper()
	home, err := os.MkdirTemp("", "chat-home")
	require.NoError(t, err)
	t.Cleanup(func() { os.RemoveAll(home) })
	c := &terminal{t: t}
	cmd := exec.Command(client, "-plain", "-server", "tcp://"+s.tcp, "-name", name, "-room", "lobby")
	cmd.Env = append(os.Environ(), "HOME="+home, "XDG_CONFIG_HOME="+home, "XDG_STATE_HOME="+home, "XDG_DATA_HOME="+home)
	cmd.Stdout, cmd.Stderr = &c.out, &s.log
	c.in, err = cmd.StdinPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		c.in.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return c
}

func (c *terminal) enter(line string) {
	c.t.Helper()
	_, err := fmt.Fprintln(c.in, line)
	require.NoError(c.t, err)
}

func (c *terminal) await(text string) {
	c.t.Helper()
	if !eventually(func() bool { return strings.Contains(c.out.String(), text) }) {
		c.t.Fatalf("no %q in %q", text, c.out.String())
	}
}
