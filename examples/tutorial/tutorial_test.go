// Package tutorial holds the programs of docs/tutorial.md, and these tests: that
// each does what the text says, and that the text shows what they are.
package tutorial

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/conn/wsconn"
	"github.com/longsplice/longsplice/reconnect"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestTheTextShowsThePrograms(t *testing.T) {
	text, err := os.ReadFile("../../docs/tutorial.md")
	require.NoError(t, err)
	shown := map[string]string{}
	excerpts := regexp.MustCompile("(?s)<!-- (\\S+) -->\n+```\\w+\n(.*?)```").FindAllStringSubmatch(string(text), -1)
	for _, e := range excerpts {
		file, err := os.ReadFile(filepath.FromSlash(e[1]))
		require.NoError(t, err)
		for _, part := range strings.Split(e[2], "…\n") { // where something is left out
			require.Contains(t, string(file), strings.TrimSuffix(part, "\n"), "%s is another", e[1])
		}
		shown[e[1]] += e[2]
	}
	require.Equal(t, strings.Count(string(text), "```go"), strings.Count(string(text), ".go -->"), "an excerpt of nothing")
	steps, err := filepath.Glob("step*")
	require.NoError(t, err)
	require.Len(t, steps, 10)
	for _, step := range steps {
		require.NotEmpty(t, shown[step+"/main.go"], step)
		require.Contains(t, string(text), "go run ./examples/tutorial/"+step)
	}
	for _, step := range []string{"step1", "step2"} { // these are shown whole
		file, err := os.ReadFile(step + "/main.go")
		require.NoError(t, err)
		require.Contains(t, shown[step+"/main.go"], string(file[strings.Index(string(file), "package main"):]))
	}
}

// A program is a step that runs, with ports of its own.
type program struct {
	t     *testing.T
	exe   string
	dir   string
	ports map[string]string // what stands in the source, and where it listens
	cmd   *exec.Cmd
	in    io.WriteCloser
	out   *output
}

type output struct {
	mu sync.Mutex
	b  strings.Builder
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.b.String()
}

// build compiles a step, in which free ports stand in place of its own.
func build(t *testing.T, step string) *program {
	t.Helper()
	dir := t.TempDir()
	p := &program{t: t, exe: filepath.Join(dir, "program.exe"), dir: dir, ports: map[string]string{}}
	source, err := os.ReadFile(step + "/main.go")
	require.NoError(t, err)
	changed := string(source)
	for _, port := range []string{"127.0.0.1:7777", "127.0.0.1:7778", "127.0.0.1:8080"} {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		p.ports[port] = ln.Addr().String()
		require.NoError(t, ln.Close())
		changed = strings.ReplaceAll(changed, port, p.ports[port])
	}
	other, overlay := filepath.Join(dir, "main.go"), filepath.Join(dir, "overlay.json")
	require.NoError(t, os.WriteFile(other, []byte(changed), 0o600))
	own, err := filepath.Abs(step + "/main.go")
	require.NoError(t, err)
	replace, err := json.Marshal(map[string]map[string]string{"Replace": {own: other}})
	require.NoError(t, err)
	require.NoError(t, os.WriteFile(overlay, replace, 0o600))
	compile := exec.Command("go", "build", "-overlay", overlay, "-o", p.exe, "./"+step)
	compile.Env = append(os.Environ(), "GOFLAGS=") // the tests' are not the programs'
	out, err := compile.CombinedOutput()
	require.NoError(t, err, "%s", out)
	return p
}

func (p *program) start(args ...string) {
	p.t.Helper()
	p.cmd, p.out = exec.Command(p.exe, args...), new(output)
	p.cmd.Dir, p.cmd.Stdout, p.cmd.Stderr = p.dir, p.out, p.out
	var err error
	p.in, err = p.cmd.StdinPipe()
	require.NoError(p.t, err)
	require.NoError(p.t, p.cmd.Start())
	p.t.Cleanup(func() { p.end(os.Kill) })
}

func (p *program) end(sig os.Signal) error {
	if p.cmd.ProcessState != nil {
		return nil
	}
	_ = p.cmd.Process.Signal(sig)
	return p.cmd.Wait()
}

func (p *program) shows(text string) {
	p.t.Helper()
	require.Eventually(p.t, func() bool { return strings.Contains(p.out.String(), text) }, 30*time.Second, 5*time.Millisecond, text)
}

func (p *program) target() string { return "tcp://" + p.ports["127.0.0.1:7777"] }

type client struct {
	*conn.Conn
	t *testing.T
}

// dial retries until the program listens.
func dial(t *testing.T, target, name string) client {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	c, err := conn.Dial(ctx, target, &conn.Config{
		Credential: func(context.Context) ([]byte, error) { return []byte(name), nil },
		Retry:      reconnect.Policy{InitialDelay: 10 * time.Millisecond, MaxDelay: 100 * time.Millisecond},
		Dialers:    wsconn.Dialers(nil), TLS: &tls.Config{InsecureSkipVerify: true},
	})
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return client{c, t}
}

func (c client) say(line string) {
	c.t.Helper()
	require.NoError(c.t, c.Send(c.t.Context(), []byte(line)))
}

func (c client) hear() string {
	c.t.Helper()
	ctx, cancel := context.WithTimeout(c.t.Context(), 30*time.Second)
	defer cancel()
	msg, err := c.Receive(ctx)
	require.NoError(c.t, err)
	return string(msg)
}

func (c client) hears(want string) {
	c.t.Helper()
	require.Equal(c.t, want, c.hear())
}

func started(t *testing.T, step string) *program {
	p := build(t, step)
	p.start()
	return p
}

func TestStep1(t *testing.T) {
	p := started(t, "step1")
	c := dial(t, p.target(), "")
	c.say("hello")
	c.hears("hello")
}

func TestStep2(t *testing.T) {
	p := started(t, "step2")
	a, b := dial(t, p.target(), ""), dial(t, p.target(), "")
	b.say("sync") // both are members once they hear something
	b.hears("sync")
	a.say("hello")
	b.hears("hello")
}

func TestStep3(t *testing.T) {
	p := started(t, "step3")
	a := dial(t, p.target(), "ann")
	a.say("hello")
	a.hears("ann: hello")
	_, err := conn.Dial(t.Context(), p.target(), &conn.Config{
		Credential: func(context.Context) ([]byte, error) { return []byte("no name!"), nil },
	})
	require.ErrorContains(t, err, "small letters")
}

func TestStep4(t *testing.T) {
	p := started(t, "step4")
	a, b := dial(t, p.target(), "ann"), dial(t, p.target(), "bob")
	a.say("lobby hello?")
	a.hears("? you are not there")
	b.say("/join garden")
	b.say("garden hello")
	b.hears("garden bob: hello")
	a.say("/join lobby")
	a.say("lobby one")
	a.hears("lobby ann: one")
	a.say("/leave lobby")
	a.say("lobby two")
	a.hears("? you are not there")
}

func TestStep5(t *testing.T) {
	p := started(t, "step5")
	a, b := dial(t, p.target(), "ann"), dial(t, p.target(), "bob")
	a.say("/join lobby")
	require.Regexp(t, `^lobby \* next [0-9a-f]+/1$`, a.hear())
	for i := range 12 {
		a.say(fmt.Sprint("lobby ", i+1))
		a.hears(fmt.Sprint("lobby ann: ", i+1))
	}
	b.say("/join lobby")
	first := b.hear()
	require.Regexp(t, `next [0-9a-f]+/3$`, first)
	for i := 2; i < 12; i++ {
		b.hears(fmt.Sprint("lobby ann: ", i+1))
	}
	b.say("/leave lobby")
	epoch, _, _ := strings.Cut(strings.TrimPrefix(first, "lobby * next "), "/")
	b.say("/join lobby " + epoch + "/12")
	b.hears("lobby * next " + epoch + "/12")
	b.hears("lobby ann: 12")
	b.say("/leave lobby")
	b.say("/join lobby 1/5") // of another life of the room
	require.Contains(t, b.hear()+b.hear(), "gap 1/5 next ")
	b.say("/join garden x")
	for line := b.hear(); line != "? that is no position"; line = b.hear() {
		require.Contains(t, line, "ann: ")
	}
}

func TestStep6(t *testing.T) {
	p := started(t, "step6")
	a, b := dial(t, p.target(), "ann"), dial(t, p.target(), "bob")
	a.say("/join lobby")
	require.True(t, strings.HasSuffix(a.hear(), "here: ann"))
	b.say("/join lobby")
	b.hear()
	a.hears("lobby * bob has come")
	require.NoError(t, b.Shutdown(t.Context(), conn.CodeNormal, ""))
	a.hears("lobby * bob has gone") // after the grace of 10 s
}

func TestStep7(t *testing.T) {
	server, talk := build(t, "step9"), build(t, "step7")
	server.start()
	proxy, err := faultproxy.Listen(server.ports["127.0.0.1:7777"], nil)
	require.NoError(t, err)
	defer proxy.Close()
	watcher := dial(t, server.target(), "bob")
	watcher.say("/join lobby")
	watcher.hear()
	talk.start("ann", "tcp://"+proxy.Addr().String())
	say := func(line string) { _, _ = io.WriteString(talk.in, line+"\n") }
	say("/join lobby")
	talk.shows("lobby * next ")
	watcher.hears("lobby * ann has come")

	require.NoError(t, proxy.Pause()) // the link is cut, and stays so for a while
	watcher.say("lobby are you there?")
	watcher.hears("lobby bob: are you there?")
	say("lobby I am")
	require.NoError(t, proxy.Resume())
	watcher.hears("lobby ann: I am")
	talk.shows("bob: are you there?\n")
	talk.shows("ann: I am\n")

	require.Error(t, server.end(os.Kill)) // the server forgets the session
	server.start()
	again := dial(t, server.target(), "bob")
	again.say("/join lobby")
	require.Eventually(t, func() bool { return strings.Count(talk.out.String(), "lobby * next ") == 2 }, 30*time.Second, 5*time.Millisecond)
	again.say("lobby welcome back")
	talk.shows("bob: welcome back\n")
	require.Equal(t, 1, strings.Count(talk.out.String(), "are you there?"), "nothing is shown twice")
	require.NoError(t, talk.in.Close())
	require.NoError(t, talk.cmd.Wait())
}

func TestStep8(t *testing.T) {
	p := build(t, "step8")
	root, err := filepath.Abs("../..")
	require.NoError(t, err)
	p.dir = root
	p.start()
	a := dial(t, p.target(), "ann")
	b := dial(t, "tls://"+p.ports["127.0.0.1:7778"], "bob")
	c := dial(t, "ws://"+p.ports["127.0.0.1:8080"]+"/chat", "cid")
	for _, each := range []client{a, b, c} {
		each.say("/join lobby")
		for !strings.Contains(each.hear(), "here: ") {
		}
	}
	c.say("lobby hello")
	for _, each := range []client{a, b, c} {
		for line := each.hear(); line != "lobby cid: hello"; line = each.hear() {
			require.Contains(t, line, "has come")
		}
	}
	for _, path := range []string{"/", "/page.js", "/longsplice.js"} {
		resp, err := http.Get("http://" + p.ports["127.0.0.1:8080"] + path)
		require.NoError(t, err)
		require.NoError(t, resp.Body.Close())
		require.Equal(t, http.StatusOK, resp.StatusCode, path)
	}
	http.DefaultClient.CloseIdleConnections()
}

func TestStep9(t *testing.T) {
	p := started(t, "step9")
	a := dial(t, p.target(), "ann")
	a.say("/join lobby")
	first := a.hear()
	a.say("lobby one")
	a.hears("lobby ann: one")
	require.Error(t, p.end(os.Kill))
	journal, err := os.OpenFile(filepath.Join(p.dir, "chat.journal"), os.O_APPEND|os.O_WRONLY, 0)
	require.NoError(t, err)
	_, err = journal.WriteString(`{"room":"lob`) // as if it had been killed while it wrote
	require.NoError(t, err)
	require.NoError(t, journal.Close())
	p.start()
	b := dial(t, p.target(), "bob")
	b.say("/join lobby")
	require.Equal(t, strings.Replace(first, "ann", "bob", 1), b.hear())
	b.hears("lobby ann: one")
	b.say("lobby two")
	b.hears("lobby bob: two")
}

func TestStep10(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("it has no signal to send")
	}
	p := started(t, "step10")
	a := dial(t, p.target(), "ann")
	a.say("/join lobby")
	a.hear()
	a.say("lobby last words")
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	for {
		_, err := a.Receive(t.Context())
		if err != nil {
			var closed *conn.CloseError
			require.ErrorAs(t, err, &closed)
			require.Equal(t, conn.CodeGoingAway, closed.Code)
			require.Equal(t, []time.Duration{time.Second, 10 * time.Second}, []time.Duration{closed.RetryMin, closed.RetryMax})
			break
		}
	}
	_ = a.Close()
	require.NoError(t, p.cmd.Wait())
	p.start()
	b := dial(t, p.target(), "bob")
	b.say("/join lobby")
	b.hear()
	b.hears("lobby ann: last words")
}
