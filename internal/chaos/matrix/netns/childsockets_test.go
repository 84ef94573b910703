//go:build linux

package netns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
)

// sockets is what a child knows of the sockets under its links.
type sockets struct {
	mu     sync.Mutex
	newest *net.TCPConn
	failed []time.Duration // when Accept failed, on the machine's clock
}

// An ear listens, and takes down what comes of it.
type ear struct {
	net.Listener
	*sockets
}

func (e ear) Accept() (net.Conn, error) {
	nc, err := e.Listener.Accept()
	e.mu.Lock()
	defer e.mu.Unlock()
	if err != nil {
		if !errors.Is(err, net.ErrClosed) {
			e.failed = append(e.failed, machineClock())
		}
		return nil, err
	}
	e.newest = nc.(*net.TCPConn)
	return nc, nil
}

// dialler keeps the sockets that a client dials.
func (c *child) dialler() map[string]conn.DialFunc {
	scheme, _, _ := strings.Cut(c.set.Over.Target(""), "://")
	return map[string]conn.DialFunc{scheme: func(ctx context.Context, address string) (net.Conn, error) {
		nc, err := c.set.Over.Dial(ctx, strings.TrimSuffix(address, "/"))
		if err != nil {
			return nil, err
		}
		c.sockets.mu.Lock()
		defer c.sockets.mu.Unlock()
		c.sockets.newest = socketOf(nc)
		return nc, nil
	}}
}

// socketOf is what lies under a transport.
func socketOf(nc net.Conn) *net.TCPConn {
	switch over := nc.(type) {
	case *wsconn.Conn:
		return socketOf(over.Socket())
	case interface{ NetConn() net.Conn }:
		return socketOf(over.NetConn())
	}
	return nc.(*net.TCPConn)
}

// halfClose sends a FIN on the newest socket, whatever is above it, when the kernel
// has all that was accepted.
func (c *child) halfClose(cn *conn.Conn) {
	for cn.Stats().Unsent > 0 {
		time.Sleep(time.Millisecond)
	}
	c.sockets.mu.Lock()
	defer c.sockets.mu.Unlock()
	if err := c.sockets.newest.CloseWrite(); err != nil {
		c.bad("half-close: %v", err)
	}
	c.emit(event{Ev: evDone})
}

// limitFiles sets how many descriptors the process may have.
func (c *child) limitFiles(n uint64) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	limit.Cur = n
	if err = errors.Join(err, syscall.Setrlimit(syscall.RLIMIT_NOFILE, &limit)); err != nil {
		c.bad("limit: %v", err)
	}
}

// exhaust takes all descriptors that are left.
func (c *child) exhaust() {
	for {
		f, err := os.Open(os.DevNull)
		if err != nil {
			break // as it has to be: EMFILE
		}
		c.hoard = append(c.hoard, f)
	}
	c.emit(event{Ev: evDone, N: uint64(len(c.hoard)), Took: processorTime()})
}

// relieve gives them back, and tells when Accept failed meanwhile.
func (c *child) relieve() {
	e := event{Ev: evDone, Took: processorTime()}
	for _, f := range c.hoard {
		_ = f.Close() // it was only read from, and not even that
	}
	c.hoard = nil
	c.sockets.mu.Lock()
	defer c.sockets.mu.Unlock()
	e.Instants = c.sockets.failed
	c.emit(e)
}

// resident is how much memory the process has.
func resident() int64 {
	var total, pages int64
	statm, err := os.ReadFile("/proc/self/statm")
	if err == nil {
		_, err = fmt.Sscan(string(statm), &total, &pages)
	}
	if err != nil {
		panic(err)
	}
	return pages * int64(os.Getpagesize())
}

// processorTime is how much of it the process has used.
func processorTime() time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		panic(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
