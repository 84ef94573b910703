package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/rpc"
	"os"
	"os/exec"
	"os/signal"
	"time"
)

// childArg makes this program a child of itself: one that does what its parent
// asks through its standard input, and ends when that does, however its parent
// may have ended.
const childArg = "child"

// A pipe is a child's standard input and output, seen from either end.
type pipe struct {
	io.Reader
	io.WriteCloser
}

// child serves the parent. It is all that a child process runs.
func child() {
	signal.Ignore(os.Interrupt) // Ctrl-C reaches the whole group; the parent decides
	out := os.Stdout
	os.Stdout = os.Stderr
	s := rpc.NewServer()
	for name, service := range map[string]any{"Stand": new(Stand), "Crowd": new(Crowd)} {
		if err := s.RegisterName(name, service); err != nil {
			panic(err)
		}
	}
	s.ServeConn(pipe{os.Stdin, out})
}

// A process is a child, seen from the parent.
type process struct {
	cmd *exec.Cmd
	rpc *rpc.Client
}

// start starts a child. It is killed when ctx ends; stop must be called anyway.
func start(ctx context.Context) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, childArg)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	return &process{cmd, rpc.NewClient(pipe{out, in})}, nil
}

func (p *process) pid() int { return p.cmd.Process.Pid }

// call has the child do something. When ctx ends the child is killed, which ends
// the call.
func (p *process) call(ctx context.Context, method string, args, reply any) error {
	err := p.rpc.Call(method, args, reply)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if err != nil {
		return fmt.Errorf("%s: %w", method, err)
	}
	return nil
}

// stop ends the child and waits for it.
func (p *process) stop() {
	if err := p.rpc.Close(); err != nil && !errors.Is(err, rpc.ErrShutdown) {
		p.kill()
		return
	}
	slow := time.AfterFunc(5*time.Second, func() { p.cmd.Process.Kill() })
	defer slow.Stop()
	_ = p.cmd.Wait() // how a child ended says nothing
}

// kill ends the child as kill -9 does.
func (p *process) kill() {
	p.cmd.Process.Kill()
	_ = p.cmd.Wait()
	p.rpc.Close()
}

// A rig is a server and a crowd of clients, each a process of its own.
type rig struct {
	server, crowd *process
	at            Served
}

// newRig starts both, and has the server serve.
func newRig(ctx context.Context, p *peer, does string) (*rig, error) {
	r := new(rig)
	var err error
	if r.server, err = start(ctx); err != nil {
		return nil, err
	}
	if r.crowd, err = start(ctx); err != nil {
		r.close()
		return nil, err
	}
	if err := r.server.call(ctx, "Stand.Serve", Serve{Peer: p.name, Addr: "127.0.0.1:0", Does: does}, &r.at); err != nil {
		r.close()
		return nil, err
	}
	return r, nil
}

// connect has the crowd connect, and returns how long that took.
func (r *rig) connect(ctx context.Context, p *peer, does string, clients, rooms int) (took time.Duration, err error) {
	err = r.crowd.call(ctx, "Crowd.Connect", Connect{
		Peer: p.name, At: r.at, Does: does, Clients: clients, Rooms: rooms,
	}, &took)
	return took, err
}

func (r *rig) close() {
	if r.crowd != nil {
		r.crowd.stop()
	}
	if r.server != nil {
		r.server.stop()
	}
}
