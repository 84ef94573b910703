//go:build unix

package main

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/hinshun/vt10x"
	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// A window is a client in a terminal.
type window struct {
	t   *testing.T
	cmd *exec.Cmd
	pty *os.File
	vt  vt10x.Terminal

	mu  sync.Mutex // covers raw
	raw strings.Builder
}

func open(t *testing.T, env []string, args ...string) *window {
	w := &window{t: t, cmd: exec.Command(program("client"), args...), vt: vt10x.New(vt10x.WithSize(80, 24))}
	w.cmd.Env = env
	var err error
	w.pty, err = pty.StartWithSize(w.cmd, &pty.Winsize{Rows: 24, Cols: 80})
	require.NoError(t, err)
	read := make(chan struct{})
	go func() {
		defer close(read)
		buf := make([]byte, 4096)
		for {
			n, err := w.pty.Read(buf)
			w.vt.Write(buf[:n])
			w.mu.Lock()
			w.raw.Write(buf[:n])
			w.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	t.Cleanup(func() {
		w.cmd.Process.Kill()
		_ = w.cmd.Wait()
		w.pty.Close()
		<-read
		if t.Failed() {
			t.Logf("the screen of %v:\n%s\n%s", args, w.vt, w.tail())
		}
	})
	return w
}

func (w *window) types(keys string) {
	w.t.Helper()
	_, err := w.pty.WriteString(keys)
	require.NoError(w.t, err)
}

// shows waits for something on the screen.
func (w *window) shows(pattern string) {
	w.t.Helper()
	re := regexp.MustCompile(pattern)
	require.Eventually(w.t, func() bool { return re.MatchString(w.vt.String()) }, 60*time.Second, 10*time.Millisecond, "never shown: %s", pattern)
}

// written is all that the client has written to the terminal.
func (w *window) written() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.raw.String()
}

// tail is the end of what was written, for one who has to find out why.
func (w *window) tail() string {
	all := w.written()
	return strings.ToValidUTF8(all[max(0, len(all)-8000):], "?")
}

// lines are the rows of one speaker, in order.
func (w *window) lines(name string) (texts []string) {
	re := regexp.MustCompile(`\d\d:\d\d +` + name + `  (.*?) *$`)
	for _, row := range strings.Split(w.vt.String(), "\n") {
		if m := re.FindStringSubmatch(row); m != nil {
			texts = append(texts, m[1])
		}
	}
	return texts
}

// ends waits for the end, and returns the exit status.
func (w *window) ends() int {
	w.t.Helper()
	late := time.AfterFunc(time.Minute, func() { w.cmd.Process.Signal(syscall.SIGQUIT) }) // which says where it hangs
	defer late.Stop()
	_ = w.cmd.Wait()
	return w.cmd.ProcessState.ExitCode()
}

func proxied(t *testing.T, srv *server) *faultproxy.Proxy {
	p, err := faultproxy.Listen(srv.tcp, nil)
	require.NoError(t, err)
	t.Cleanup(func() { p.Close() })
	return p
}

// Two people talk; the network of one of them goes silent, and then away, for
// some seconds. The status line tells it as it is, and nothing is lost or doubled.
func TestTwoTalkWhileTheNetworkFails(t *testing.T) {
	srv := startServer(t)
	net := proxied(t, srv)
	ann := open(t, home(t), "-server", "tcp://"+net.Addr().String(), "-name", "ann")
	bob := open(t, home(t), "-server", target(srv.tcp), "-name", "bob")
	ann.shows(`● connected`)
	bob.shows(`● connected`)
	ann.shows(`2 here`)
	ann.types("one\r")
	bob.shows(`ann  one`)
	bob.types("two\r")
	ann.shows(`bob  two`)

	net.Stall(faultproxy.Both)
	ann.types("three\r")
	ann.shows(`…  +ann  three`)
	ann.shows(`connected, but no answer for \d s`)
	bob.types("four\r")
	net.Heal(faultproxy.Both)
	ann.shows(`\d\d:\d\d +ann  three`)
	bob.shows(`ann  three`)

	require.NoError(t, net.Pause())
	ann.shows(`reconnecting in \d+ s \(attempt \d+, connection refused\)`)
	ann.types("five\r")
	ann.shows(`…  +ann  five`)
	bob.types("six\r")
	bob.shows(`bob  six`)
	require.NoError(t, net.Resume())
	ann.shows(`resumed \(\d+ replayed\)`)
	ann.shows(`bob  six`)
	ann.shows(`\d\d:\d\d +ann  five`) // its echo, whose way is not bob's
	bob.shows(`ann  five`)

	want := []string{"one", "three", "five"}
	require.Equal(t, want, ann.lines("ann"))
	require.Equal(t, want, bob.lines("ann"))
	want = []string{"two", "four", "six"}
	require.Equal(t, want, ann.lines("bob"))
	require.Equal(t, want, bob.lines("bob"))
	ann.types("/quit\r")
	bob.types("\x04")
	require.Zero(t, ann.ends())
	require.Zero(t, bob.ends())
}

// The server is killed and comes back: the client says so, knows which lines it
// has shown, and can send what was not sent.
func TestServerRestarts(t *testing.T) {
	srv := startServer(t)
	ann := open(t, home(t), "-server", target(srv.tcp), "-name", "ann")
	ann.shows(`● connected`)
	ann.types("one\r")
	ann.shows(`\d\d:\d\d +ann  one`)
	srv.kill()
	ann.shows(`reconnecting in \d+ s`)
	ann.types("two\r")
	ann.shows(`…  +ann  two`)
	srv.start()
	ann.shows(`new session: the server has restarted`)
	ann.shows(`✗  +ann  two \(not sent`)
	ann.types("/resend\r")
	ann.shows(`\d\d:\d\d +ann  two`)
	require.Equal(t, []string{"one", "two"}, ann.lines("ann"))
	require.NotContains(t, ann.vt.String(), "missing")
	ann.types("\x03")
	require.Zero(t, ann.ends())
}

// Who ends without a network is told what may not have arrived.
func TestEndWithoutANetwork(t *testing.T) {
	srv := startServer(t)
	net := proxied(t, srv)
	ann := open(t, home(t), "-server", "tcp://"+net.Addr().String(), "-name", "ann")
	ann.shows(`1 here`)
	require.NoError(t, net.Pause())
	ann.shows(`reconnecting in`)
	ann.types("last words\r")
	ann.shows(`…  +ann  last words`)
	ann.types("/quit\r")
	require.Equal(t, statusHere, ann.ends())
	ann.shows(`may not have arrived: #lobby: last words`)
}

func TestSizesOfARealTerminal(t *testing.T) {
	srv := startServer(t)
	ann := open(t, home(t), "-server", target(srv.tcp), "-name", "ann")
	ann.shows(`● connected`)
	for _, size := range [][2]int{{20, 5}, {3, 2}, {1, 1}, {200, 60}, {40, 10}} {
		ann.vt.Resize(size[0], size[1])
		require.NoError(t, pty.Setsize(ann.pty, &pty.Winsize{Cols: uint16(size[0]), Rows: uint16(size[1])}))
		ann.types(fmt.Sprintf("at %d columns\r", size[0]))
	}
	ann.shows(`at 40 columns`)
	ann.shows(`at 3 columns`)
	ann.types("/quit\r")
	require.Zero(t, ann.ends())
}

func TestNameThatIsTakenEndsTheProgram(t *testing.T) {
	srv := startServer(t)
	require.Zero(t, startFilter(t, home(t), "-server", target(srv.tcp), "-name", "ann").end())
	thief := open(t, home(t), "-server", target(srv.tcp), "-name", "ann")
	require.Equal(t, statusRefused, thief.ends())
	thief.shows(`the name is taken`)
}

func TestTerminalsWithoutColour(t *testing.T) {
	srv := startServer(t)
	colours := regexp.MustCompile(`\x1b\[[0-9;]*\b(3[0-8]|9[0-7])[0-9;]*m`)
	for name, coloured := range map[string]bool{"NO_COLOR=": true, "NO_COLOR=1": false} {
		ann := open(t, append(home(t), name), "-server", target(srv.tcp), "-name", "ann"+name[len("NO_COLOR="):])
		ann.shows(`● connected`)
		ann.types("hello\r")
		ann.shows(`\d\d:\d\d +ann1?  hello`)
		require.Equal(t, coloured, colours.MatchString(ann.written()), name)
	}
}

// A dumb terminal gets lines.
func TestDumbTerminal(t *testing.T) {
	srv := startServer(t)
	ann := open(t, append(home(t), "TERM=dumb"), "-server", target(srv.tcp), "-name", "ann")
	ann.shows(`connected`)
	ann.types("hello\r")
	ann.shows(`#lobby ann: hello`)
	require.NotContains(t, ann.written(), "\x1b")
	ann.types("\x04")
	require.Zero(t, ann.ends())
}
