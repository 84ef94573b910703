package main

import (
	"context"
	"encoding/json"
	"io"
	"os"
	"os/exec"
	"sync"
)

// A process is a child, seen from the parent: one that may be killed, and started
// again as another life of the same.
type process struct {
	name    string
	mortal  bool // it is killed now and then
	set     settings
	terms   int // of a server, so far
	run     *run
	serving chan struct{} // a server serves
	busy    chan struct{} // has a token while something is done to the process
	samples series

	mu     sync.Mutex // covers what follows
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	exited chan struct{} // closed when all that it said has been heard
}

func newProcess(r *run, name string, mortal bool, set settings) *process {
	return &process{
		name: name, mortal: mortal, set: set, run: r, serving: make(chan struct{}, 1), busy: make(chan struct{}, 1),
		samples: series{all: make([]sample, 0, cap(r.own.all))},
	}
}

// exclusively does something to the process when nothing else is being done to it,
// unless ctx ends first.
func (p *process) exclusively(ctx context.Context, do func()) {
	select {
	case p.busy <- struct{}{}:
		do()
		<-p.busy
	case <-ctx.Done():
	}
}

// start begins another life.
func (p *process) start() error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	js, err := json.Marshal(p.set)
	if err != nil {
		return err
	}
	cmd := exec.Command(self)
	cmd.Env = append(os.Environ(), childEnv+"="+string(js))
	cmd.ExtraFiles = []*os.File{p.run.books.file}
	cmd.Stderr = os.Stderr
	dieWithParent(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	exited := make(chan struct{})
	p.mu.Lock()
	p.cmd, p.stdin, p.exited = cmd, stdin, exited
	p.mu.Unlock()
	go func() {
		defer close(exited)
		for d := json.NewDecoder(stdout); ; {
			var e event
			if d.Decode(&e) != nil {
				break
			}
			if e.Ev == "sample" {
				p.samples.add(*e.Sample)
			} else {
				p.run.heard(p, e)
			}
		}
		_ = cmd.Wait() // what it died of is for whoever killed it to know
	}()
	return nil
}

func (p *process) tell(cmd command) {
	p.mu.Lock()
	stdin := p.stdin
	p.mu.Unlock()
	_ = json.NewEncoder(stdin).Encode(cmd) // one that is gone is missed elsewhere
}

func (p *process) process() (*os.Process, chan struct{}) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.cmd == nil {
		return nil, nil
	}
	return p.cmd.Process, p.exited
}

// kill ends a life as kill -9 does, and returns when it is gone.
func (p *process) kill() {
	if process, exited := p.process(); process != nil {
		_ = process.Kill() // it may be gone already
		<-exited
	}
}
