package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/reconnect"
)

// A process is a server that can be killed, and started again in its place.
type process struct {
	t         *testing.T
	dir       string
	tcp, http string
	args      []string
	cmd       *exec.Cmd
	log       *logFile
}

type logFile struct {
	mu sync.Mutex
	b  strings.Builder
}

func (l *logFile) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.Write(p)
}

func (l *logFile) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.b.String()
}

func (l *logFile) has(text string) bool { return strings.Contains(l.String(), text) }

func freeAddr(t *testing.T) string {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	return ln.Addr().String()
}

func newProcess(t *testing.T, args ...string) *process {
	if runtime.GOOS == "windows" {
		t.Skip("it has no signals to send")
	}
	p := &process{t: t, dir: t.TempDir(), tcp: freeAddr(t), http: freeAddr(t), args: args, log: new(logFile)}
	p.start()
	t.Cleanup(func() {
		p.kill(syscall.SIGKILL)
		if t.Failed() {
			t.Log(p.log.String())
		}
	})
	return p
}

func (p *process) start() {
	p.t.Helper()
	p.cmd = exec.Command(os.Args[0], append([]string{
		"-data", p.dir, "-tcp", p.tcp, "-http", p.http, "-admin", "", "-come-back-min", "10ms", "-come-back-max", "200ms",
	}, p.args...)...)
	p.cmd.Env = append(os.Environ(), asServer+"=1")
	p.cmd.Stderr = p.log
	require.NoError(p.t, p.cmd.Start())
	require.Eventually(p.t, func() bool { status, _ := p.health(); return status == http.StatusOK }, 30*time.Second, 10*time.Millisecond)
}

func (p *process) health() (int, string) {
	resp, err := http.Get("http://" + p.http + "/healthz")
	if err != nil {
		return 0, ""
	}
	defer resp.Body.Close()
	body, _ := io.ReadAll(resp.Body)
	return resp.StatusCode, string(body)
}

// kill sends a signal and waits for the end. A process that does not come to it
// says where it is instead.
func (p *process) kill(sig syscall.Signal) error {
	if p.cmd.ProcessState != nil {
		return nil
	}
	_ = p.cmd.Process.Signal(sig)
	stuck := time.AfterFunc(time.Minute, func() { _ = p.cmd.Process.Signal(syscall.SIGQUIT) })
	defer stuck.Stop()
	return p.cmd.Wait()
}

// A steady client keeps to one room by conn.Run, through restarts, and counts
// positions as a client has to.
type steady struct {
	login
	room   string
	todo   chan string
	unsent string // the speaker's

	mu       sync.Mutex // covers all below
	pos      hub.Position
	lines    []string
	gaps     int
	sessions int
}

func (st *steady) ServeConn(ctx context.Context, c *conn.Conn) error {
	st.mu.Lock()
	st.sessions++
	join := protocol.Message{Op: protocol.Join, Room: st.room}
	if st.pos.Epoch != 0 {
		from := st.pos
		join.From = &from
	}
	st.mu.Unlock()
	send := func(m protocol.Message) error {
		b, _ := json.Marshal(m)
		return c.Send(ctx, b)
	}
	if err := send(join); err != nil {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	var speaker sync.WaitGroup
	speaker.Go(func() {
		for {
			if st.unsent == "" {
				select {
				case st.unsent = <-st.todo:
				case <-ctx.Done():
					return
				}
			}
			if send(protocol.Message{Op: protocol.Say, Room: st.room, Text: st.unsent}) != nil {
				return // it was not accepted, and is for the next session
			}
			st.unsent = ""
		}
	})
	defer speaker.Wait()
	defer cancel()
	for raw, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		var m protocol.Message
		if err := json.Unmarshal(raw, &m); err != nil {
			return err
		}
		st.mu.Lock()
		switch m.Op {
		case protocol.Welcome:
			st.welcomed(m)
		case protocol.Joined:
			st.pos = *m.Next
		case protocol.Gap:
			st.gaps++
			st.pos = *m.Next
		case protocol.Line:
			st.pos.Offset++
			st.lines = append(st.lines, m.Text)
		}
		st.mu.Unlock()
	}
	return nil
}

func (st *steady) seen() []string {
	st.mu.Lock()
	defer st.mu.Unlock()
	return append([]string(nil), st.lines...)
}

func (st *steady) run(t *testing.T, target string) {
	cfg := st.config()
	cfg.Retry = reconnect.Policy{InitialDelay: 20 * time.Millisecond, MaxDelay: 100 * time.Millisecond}
	cfg.SendBuffer = 4 << 10 // who speaks without end waits for the server's disk
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- conn.Run(ctx, target, st, cfg) }()
	t.Cleanup(func() {
		cancel()
		require.Error(t, <-ended) // it was told to end
	})
}

// present waits until the client is in its room, from where it then misses nothing.
func (st *steady) present(t *testing.T) {
	t.Helper()
	require.Eventually(t, func() bool {
		st.mu.Lock()
		defer st.mu.Unlock()
		return st.pos.Epoch != 0
	}, 30*time.Second, time.Millisecond)
}

func newSteady(name, room string) *steady {
	return &steady{login: login{show: protocol.Login{Name: name}}, room: room, todo: make(chan string)}
}

func TestKillLosesNothingThatWasShown(t *testing.T) {
	p := newProcess(t, "-rate", "1e6", "-burst", "1000000")
	ann, bob := newSteady("ann", "lobby"), newSteady("bob", "lobby")
	ann.run(t, "tcp://"+p.tcp)
	bob.run(t, "ws://"+p.http+"/chat")
	ann.present(t)
	bob.present(t)
	zoe := dial(t, "tcp://"+p.tcp, "zoe")
	zoe.join("user:zoe")
	_ = zoe.Shutdown(t.Context(), conn.CodeNormal, "")

	stop, stopped := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(stopped)
		for i := 0; ; i++ {
			select {
			case ann.todo <- fmt.Sprint("line ", i):
			case <-stop:
				return
			}
		}
	}()
	teller := dial(t, "tcp://"+p.tcp, "teller")
	teller.join("user:teller")
	for restart := range 3 {
		before := len(bob.seen())
		require.Eventually(t, func() bool { return len(bob.seen()) > before+20 }, 30*time.Second, time.Millisecond)
		if restart == 0 {
			teller.send(protocol.Message{Op: protocol.Tell, To: "zoe", Text: "are you there?"})
			teller.expect(protocol.Line) // it is on the disk
		}
		require.Error(t, p.kill(syscall.SIGKILL))
		p.start()
	}
	before := len(bob.seen())
	require.Eventually(t, func() bool { return len(bob.seen()) > before+20 }, 30*time.Second, time.Millisecond)
	close(stop)
	<-stopped

	// What anybody has seen is in the history, in that order.
	const end = "the end"
	ann.todo <- end // and behind it nothing comes
	require.Eventually(t, func() bool {
		a, b := ann.seen(), bob.seen()
		return a[len(a)-1] == end && b[len(b)-1] == end
	}, 30*time.Second, time.Millisecond)
	reader := dial(t, "tcp://"+p.tcp, "reader")
	reader.join("lobby")
	var history []string
	for before := uint64(0); before != 1; {
		reader.send(protocol.Message{Op: protocol.History, Room: "lobby", Before: before})
		page := reader.expect(protocol.History)
		var lines []string
		for _, line := range page.Lines {
			lines = append(lines, line.Text)
		}
		history, before = append(lines, history...), page.Before
	}
	for _, st := range []*steady{ann, bob} {
		require.Zero(t, st.gaps)
		require.Equal(t, 4, st.sessions, "one for each life of the server")
		seen := st.seen()
		require.Equal(t, history[len(history)-len(seen):], seen)
	}
	require.NotEqual(t, history[0], history[1])

	back := (&login{show: protocol.Login{Name: "zoe", Token: zoe.login.token()}}).dial(t, "tcp://"+p.tcp)
	back.join("user:zoe")
	require.Equal(t, "are you there?", back.expect(protocol.Line).Text)
}

func TestADrainLosesNothing(t *testing.T) {
	p := newProcess(t, "-rate", "1e6", "-burst", "1000000")
	ann, bob := newSteady("ann", "lobby"), newSteady("bob", "lobby")
	ann.run(t, "tcp://"+p.tcp)
	bob.run(t, "tcp://"+p.tcp)
	ann.present(t)
	bob.present(t)
	said := 0
	say := func(n int) {
		for range n {
			ann.todo <- fmt.Sprint("line ", said)
			said++
		}
	}
	say(50)
	require.NoError(t, p.kill(syscall.SIGTERM), "it ends with status 0")
	p.start()
	say(50)
	require.Eventually(t, func() bool { return len(bob.seen()) >= said && len(ann.seen()) >= said }, 30*time.Second, time.Millisecond)
	for _, st := range []*steady{ann, bob} {
		require.Zero(t, st.gaps)
		lines := st.seen()
		require.Len(t, lines, said)
		for i, line := range lines {
			require.Equal(t, fmt.Sprint("line ", i), line)
		}
	}
	require.True(t, p.log.has("draining"))
}

func TestASecondSignalEndsAtOnce(t *testing.T) {
	p := newProcess(t, "-drain", "1h")
	// A session whose client is away holds the drain up.
	c := dial(t, "tcp://"+p.tcp, "ann")
	c.send(protocol.Message{Op: protocol.Join, Room: "user:ann"}) // and is not read
	require.NoError(t, p.cmd.Process.Signal(syscall.SIGTERM))
	require.Eventually(t, func() bool { status, body := p.health(); return status == 503 && body == "draining\n" }, 30*time.Second, time.Millisecond)
	err := p.kill(syscall.SIGTERM)
	var exit *exec.ExitError
	require.ErrorAs(t, err, &exit)
	require.Equal(t, syscall.SIGTERM, exit.Sys().(syscall.WaitStatus).Signal())
}

func TestHangupReloads(t *testing.T) {
	file := filepath.Join(t.TempDir(), "chat.conf")
	write := func(text string) { require.NoError(t, os.WriteFile(file, []byte(text), 0o600)) }
	write("motd = hello\nmax-text = 10\n")
	p := newProcess(t, "-config", file)
	hangup := func(done string) {
		require.NoError(t, p.cmd.Process.Signal(syscall.SIGHUP))
		require.Eventually(t, func() bool { return p.log.has(done) }, 30*time.Second, time.Millisecond)
	}
	c := dial(t, "tcp://"+p.tcp, "ann")
	c.join("lobby")
	c.say("lobby", strings.Repeat("x", 11))
	c.expectFailed(protocol.TooMany)

	write("motd = welcome back\nmax-text = 20\nsession-ttl = 1h\n")
	hangup("settings reloaded")
	c.say("lobby", strings.Repeat("x", 11))
	c.expect(protocol.Line)
	require.True(t, p.log.has(`msg="setting changed" name=max-text from=10 to=20`))
	require.True(t, p.log.has(`msg="setting needs a restart" name=session-ttl is=2m0s "will be"=1h0m0s`))

	write("max-text = many\n")
	hangup("the old ones stay")
	c.say("lobby", strings.Repeat("x", 20))
	c.expect(protocol.Line)
	c.say("lobby", strings.Repeat("x", 21))
	c.expectFailed(protocol.TooMany)
}

// TestAFullDisk: the file cannot grow any more. Who speaks is told, nobody sees
// what is not saved, and the server lives.
func TestAFullDisk(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("the limit is set by prlimit")
	}
	p := newProcess(t, "-rate", "1e6", "-burst", "1000000", "-max-text", "6000")
	ann := dial(t, "tcp://"+p.tcp, "ann")
	bob := dial(t, "tcp://"+p.tcp, "bob")
	ann.join("lobby")
	bob.join("lobby")
	limit(t, p.cmd.Process.Pid, "--fsize=65536:unlimited")
	shown := 0
	for i := 0; ; i++ {
		ann.say("lobby", fmt.Sprint(i, strings.Repeat("x", 5000)))
		m := ann.next()
		for m.Op == protocol.Present {
			m = ann.next()
		}
		if m.Op == protocol.Failed {
			require.Equal(t, protocol.Internal, m.Code)
			break
		}
		require.Equal(t, protocol.Line, m.Op)
		shown++
		require.Less(t, i, 1000, "the disk was never full")
	}
	limit(t, p.cmd.Process.Pid, "--fsize=unlimited:unlimited")
	ann.say("lobby", "again")
	require.Equal(t, "again", ann.expect(protocol.Line).Text)
	for range shown {
		bob.expect(protocol.Line)
	}
	require.Equal(t, "again", bob.expect(protocol.Line).Text, "and nothing between")
	require.Error(t, p.kill(syscall.SIGKILL))
	p.start()
	reader := dial(t, "tcp://"+p.tcp, "reader")
	reader.send(protocol.Message{Op: protocol.Join, Room: "lobby", Last: 1})
	require.Equal(t, "again", reader.expect(protocol.Line).Text)
}

func limit(t *testing.T, pid int, what string) {
	out, err := exec.Command("prlimit", fmt.Sprint("--pid=", pid), what).CombinedOutput()
	require.NoError(t, err, "%s", out)
}
