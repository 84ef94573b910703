package main

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

// programs are the real ones, built once.
var programs string

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "chat")
	if err != nil {
		panic(err)
	}
	programs = dir
	for _, name := range []string{"client", "server"} {
		if out, err := exec.Command("go", "build", "-o", program(name), "../"+name).CombinedOutput(); err != nil {
			fmt.Fprintf(os.Stderr, "building the %s: %v\n%s", name, err, out)
			os.Exit(1)
		}
	}
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		os.RemoveAll(dir)
		os.Exit(status)
	}))
}

func program(name string) string {
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(programs, name)
}

// A server is the real one, which can be killed and started again.
type server struct {
	t        *testing.T
	tcp, web string
	args     []string
	cmd      *exec.Cmd
}

func startServer(t *testing.T, args ...string) *server {
	s := &server{t: t, tcp: freeAddress(t), web: freeAddress(t), args: args}
	s.args = append(s.args, "-tcp", s.tcp, "-tls", "", "-http", s.web, "-admin", "", "-data", t.TempDir())
	s.start()
	t.Cleanup(s.kill)
	return s
}

func (s *server) start() {
	s.cmd = exec.Command(program("server"), s.args...)
	s.cmd.Stderr = &logged{t: s.t, who: "server"}
	require.NoError(s.t, s.cmd.Start())
	for _, address := range []string{s.tcp, s.web} {
		require.Eventually(s.t, func() bool {
			c, err := net.Dial("tcp", address)
			if err == nil {
				c.Close()
			}
			return err == nil
		}, 30*time.Second, 20*time.Millisecond)
	}
}

// kill ends the server without a chance to say anything.
func (s *server) kill() {
	s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

func freeAddress(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	return ln.Addr().String()
}

// home is an environment with a configuration of its own.
func home(t *testing.T) []string {
	dir := t.TempDir()
	return append(os.Environ(), "HOME="+dir, "XDG_CONFIG_HOME="+dir, "AppData="+dir, "CHAT_TOKEN=", "TZ=UTC",
		"TERM=xterm-256color", "NO_COLOR=", "COLORTERM=")
}

// A filter is a client that is used as one.
type filter struct {
	t     *testing.T
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   io.Closer
	lines chan string // of its output
	state *logged
}

func startFilter(t *testing.T, env []string, args ...string) *filter {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	t.Cleanup(cancel)
	f := &filter{t: t, cmd: exec.CommandContext(ctx, program("client"), args...), lines: make(chan string, 10_000)}
	f.cmd.Env = env
	f.state = &logged{t: t, who: "client"}
	f.cmd.Stderr = f.state
	var err error
	f.in, err = f.cmd.StdinPipe()
	require.NoError(t, err)
	out, err := f.cmd.StdoutPipe()
	require.NoError(t, err)
	f.out = out
	require.NoError(t, f.cmd.Start())
	go func() {
		defer close(f.lines)
		for lines := bufio.NewScanner(out); lines.Scan(); {
			f.lines <- lines.Text()
		}
	}()
	t.Cleanup(func() {
		f.cmd.Process.Kill()
		for range f.lines {
		}
		_ = f.cmd.Wait()
	})
	return f
}

func (f *filter) say(lines ...string) {
	for _, line := range lines {
		_, err := fmt.Fprintln(f.in, line)
		require.NoError(f.t, err)
	}
}

// next is the next line of the output, without its time.
func (f *filter) next() string {
	f.t.Helper()
	select {
	case line, ok := <-f.lines:
		require.True(f.t, ok, "the client has ended")
		at, rest, _ := strings.Cut(line, " ")
		_, err := time.Parse(time.RFC3339, at)
		require.NoError(f.t, err, line)
		return rest
	case <-time.After(60 * time.Second):
		require.FailNow(f.t, "no line comes")
		return ""
	}
}

// end closes the input and returns the exit status.
func (f *filter) end() int {
	f.in.Close()
	return f.status()
}

func (f *filter) status() int {
	for range f.lines {
	}
	_ = f.cmd.Wait()
	return f.cmd.ProcessState.ExitCode()
}

// logged shows what a program says, and remembers it.
type logged struct {
	t   *testing.T
	who string

	mu   sync.Mutex // covers text
	text bytes.Buffer
}

func (l *logged) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logged) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// wait waits until the program has said something.
func (l *logged) wait(text string) {
	l.t.Helper()
	require.Eventually(l.t, func() bool { return strings.Contains(l.String(), text) }, 60*time.Second, 20*time.Millisecond,
		"the %s never said %q", l.who, text)
}
