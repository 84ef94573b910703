//go:build linux

package netns

import (
	"bytes"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"slices"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// patience is how long a test waits for what is not measured.
const patience = 30 * time.Second

// priority lets a child come before the machine's other work, of which its timing is
// not to tell. Where the kernel groups processes by session, it compares sessions
// first; a child has one of its own, which it gives the same priority.
const priority = "-15"

// A process is a child in a namespace, as its test sees it. Its methods are
// for the test's own goroutine.
type process struct {
	t      *testing.T
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	stderr bytes.Buffer
	exited chan struct{} // closed when it is gone and all its events are there

	mu      sync.Mutex
	events  []event
	changed chan struct{} // closed and replaced when there is a further event
}

// start starts a child in the namespace of its side. It dies with the test,
// and with the test's process.
func (p *pair) start(s side, set settings) *process {
	p.t.Helper()
	exe := p.exe
	if exe == "" {
		exe = executable(p.t)
	}
	js, err := json.Marshal(set)
	require.NoError(p.t, err)
	c := &process{
		t: p.t, name: set.Role, exited: make(chan struct{}), changed: make(chan struct{}),
		// Each command replaces itself with the next: signals reach the child.
		cmd: exec.Command("nice", "-n", priority, "ip", "netns", "exec", p.ns[s], exe),
	}
	c.cmd.Env = append(os.Environ(), childEnv+"="+string(js))
	c.cmd.Stderr = &c.stderr
	c.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL, Setsid: true}
	c.stdin, err = c.cmd.StdinPipe()
	require.NoError(p.t, err)
	stdout, err := c.cmd.StdoutPipe()
	require.NoError(p.t, err)
	require.NoError(p.t, c.cmd.Start())
	go c.collect(stdout)
	p.t.Cleanup(func() {
		c.kill()
		if p.t.Failed() {
			c.dump()
		}
	})
	return c
}

func executable(t *testing.T) string {
	t.Helper()
	exe, err := os.Executable()
	require.NoError(t, err)
	return exe
}

func (c *process) collect(stdout io.Reader) {
	defer close(c.exited)
	for d := json.NewDecoder(stdout); ; {
		var e event
		if d.Decode(&e) != nil {
			break
		}
		c.mu.Lock()
		c.events = append(c.events, e)
		close(c.changed)
		c.changed = make(chan struct{})
		c.mu.Unlock()
	}
	_ = c.cmd.Wait() // what it died of is for whoever killed it to know
}

func (c *process) dump() {
	events := c.since(0)
	c.t.Logf("%s: stderr: %s", c.name, c.stderr.Bytes())
	for _, e := range events[max(0, len(events)-60):] {
		js, _ := json.Marshal(e) // it came as JSON
		c.t.Logf("%s: %s", c.name, js)
	}
}

// mark is a place in the stream of events: behind all that have come so far.
func (c *process) mark() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.events)
}

// since returns the events from a mark on.
func (c *process) since(mark int) []event {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.events[mark:])
}

// count counts the events from a mark on that match.
func (c *process) count(mark int, match func(event) bool) (n int) {
	for _, e := range c.since(mark) {
		if match(e) {
			n++
		}
	}
	return n
}

// wait waits until n events from a mark on match, and returns those. Whatever
// must not happen ends the test at once.
func (c *process) wait(mark, n int, what string, match func(event) bool) []event {
	c.t.Helper()
	return c.waitFor(patience, mark, n, what, match)
}

func (c *process) waitFor(patience time.Duration, mark, n int, what string, match func(event) bool) []event {
	c.t.Helper()
	deadline := time.NewTimer(patience)
	defer deadline.Stop()
	var found []event
	for {
		c.mu.Lock()
		events, changed := c.events[mark:], c.changed
		c.mu.Unlock()
		mark += len(events)
		for _, e := range events {
			require.NotEqual(c.t, evBad, e.Ev, "%s: %s", c.name, e.Err)
			if match(e) {
				if found = append(found, e); len(found) == n {
					return found
				}
			}
		}
		select {
		case <-changed:
		case <-c.exited:
			if c.mark() == mark {
				c.t.Fatalf("%s is gone: %d of %d: %s", c.name, len(found), n, what)
			}
		case <-deadline.C:
			c.t.Fatalf("%s: %d of %d after %v: %s", c.name, len(found), n, patience, what)
		}
	}
}

// quiet lets time pass, in which no link may come or go and no session end.
func (c *process) quiet(mark int, d time.Duration) {
	c.t.Helper()
	end := time.NewTimer(d)
	defer end.Stop()
	for {
		c.mu.Lock()
		changed := c.changed
		c.mu.Unlock()
		for _, e := range c.since(mark) {
			switch e.Ev {
			case evBad, evUp, evDown, evEnded, evState:
				c.t.Fatalf("%s: unexpected in quiet: %+v", c.name, e)
			}
			mark++
		}
		select {
		case <-changed:
		case <-end.C:
			return
		}
	}
}

func (c *process) tell(cmd command) {
	c.t.Helper()
	require.NoError(c.t, json.NewEncoder(c.stdin).Encode(cmd), "%s is gone", c.name)
}

// quit ends a child in good order, and returns its last word.
func (c *process) quit() event {
	c.t.Helper()
	if c.count(0, is(evBye)) == 0 {
		c.tell(command{Do: "quit"})
	}
	bye := c.wait(0, 1, "quit", is(evBye))[0]
	<-c.exited
	return bye
}

func (c *process) signal(s syscall.Signal) time.Duration {
	c.t.Helper()
	before := machineClock()
	require.NoError(c.t, c.cmd.Process.Signal(s))
	return before
}

// kill kills the child without a chance to say anything.
func (c *process) kill() {
	_ = c.cmd.Process.Kill() // it may be gone already
	<-c.exited
	_ = c.stdin.Close()
}
