//go:build linux

package netns

import (
	"context"
	"errors"
	"io"
	"net"
	"sync/atomic"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// beServer talks to the sessions it has, and returns what ends that.
func (c *child) beServer() (end func()) {
	return c.serve(conn.HandlerFunc(c.handle), c.config())
}

func (c *child) serve(h conn.Handler, cfg *conn.Config) (end func()) {
	tcp, err := net.Listen("tcp", c.set.Addr)
	if err != nil {
		c.bad("%v", err)
		return func() {}
	}
	ln := c.set.Over.On(ear{tcp, &c.sockets})
	srv := conn.NewServer(h, cfg)
	c.drain = srv.Shutdown
	c.wg.Go(func() {
		if err := srv.Serve(c.ctx, ln); c.ctx.Err() == nil && !errors.Is(err, conn.ErrServerClosed) {
			c.bad("serve: %v", err)
		}
	})
	c.emit(event{Ev: evListening})
	return func() {
		if err := srv.Close(); err != nil {
			c.bad("close: %v", err)
		}
	}
}

// beProxy forwards with a delay, and returns what ends that.
func (c *child) beProxy() (end func()) {
	proxy, err := faultproxy.Listen(c.set.To, &faultproxy.Config{Listen: c.set.Addr})
	if err != nil {
		c.bad("%v", err)
		return func() {}
	}
	proxy.SetDelay(faultproxy.Both, c.set.Delay, c.set.Jitter)
	c.emit(event{Ev: evListening})
	return func() { _ = proxy.Close() }
}

// beSilent accepts, and returns what ends that. It says nothing of its own; Deep,
// it lets the transport say what it has to.
func (c *child) beSilent() (end func()) {
	tcp, err := net.Listen("tcp", c.set.Addr)
	if err != nil {
		c.bad("%v", err)
		return func() {}
	}
	ln := net.Listener(tcp)
	if c.set.Deep {
		ln = c.set.Over.On(tcp)
	}
	c.wg.Go(func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return // it was closed
			}
			c.wg.Go(func() {
				defer nc.Close()
				_, _ = io.Copy(io.Discard, nc) // reading from TLS shakes hands; the other end hangs up
			})
		}
	})
	c.emit(event{Ev: evListening})
	return func() { _ = ln.Close() }
}

// beClient keeps its sessions, one goroutine each.
func (c *child) beClient() {
	if c.set.Names {
		c.names.install()
	}
	for i := range c.set.Conns {
		cfg := c.config()
		cfg.OnState = func(s conn.State) {
			c.emit(event{Ev: evState, Conn: i, Phase: s.Phase.String(), Err: textOf(s.Err)})
		}
		c.wg.Go(func() {
			if err := conn.Run(c.ctx, c.set.Over.Target(c.set.Addr), conn.HandlerFunc(c.handle), cfg); c.ctx.Err() == nil {
				c.bad("run: %v", err)
			}
		})
	}
}

// dial dials once, and takes the time.
func (c *child) dial(cmd command) {
	cfg := c.config()
	cfg.DialTimeout = cmd.Limit
	cfg.Retry.MaxAttempts = cmd.Attempts
	ctx, cancel := context.WithCancel(c.ctx)
	defer cancel()
	var from atomic.Int64
	from.Store(int64(machineClock()))
	if cmd.Cancel > 0 {
		timer := time.AfterFunc(cmd.Cancel, func() {
			from.Store(int64(machineClock()))
			cancel()
		})
		defer timer.Stop()
	}
	cn, err := conn.Dial(ctx, c.set.Over.Target(c.set.Addr), cfg)
	took := machineClock() - time.Duration(from.Load())
	if err == nil {
		_ = cn.Close() // that it was dialled is wrong enough
	}
	c.emit(event{Ev: evDialled, Err: textOf(err), Took: took})
}
