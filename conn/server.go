package conn

import (
	"context"
	crand "crypto/rand"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"runtime/debug"
	"runtime/pprof"
	"sync"

	"github.com/longsplice/longsplice/internal/wire"
)

// A Server holds sessions, whose links come from any number of listeners and
// transports. A session that began on one may resume on another. All methods
// may be called concurrently.
type Server struct {
	cfg      *Config
	handler  Handler
	epoch    uint64
	sessions registry
	gate     gate
	failures failures
	poller   poller
	slots    chan struct{} // one for each link; nil for no limit

	ctx    context.Context // of handlers
	cancel context.CancelFunc
	tasks  sync.WaitGroup // handlers and links in their handshake

	mu        sync.Mutex // covers what follows
	listeners map[net.Listener]struct{}
	draining  bool
	closed    bool
}

// ErrServerClosed is returned by Serve and ServeConn after Shutdown or Close.
var ErrServerClosed = errors.New("conn: server is closed")

// NewServer returns a server that has h serve each session. It has nothing to
// do until Serve or ServeConn is called. Its epoch is new: a client that
// resumes a session of an earlier server is told that it is lost.
func NewServer(h Handler, cfg *Config) *Server {
	cfg = cfg.orZero()
	s := &Server{cfg: cfg, handler: h, listeners: map[net.Listener]struct{}{}}
	var epoch [8]byte
	for s.epoch == 0 {
		_, _ = crand.Read(epoch[:]) // never fails
		s.epoch = binary.BigEndian.Uint64(epoch[:])
	}
	s.ctx, s.cancel = context.WithCancel(handlerLabel) // so that pprof.Do adds to the label
	s.sessions.init(cfg)
	s.gate.init(cfg)
	s.failures.init(cfg)
	if n := cfg.maxConns(); n > 0 {
		s.slots = make(chan struct{}, n)
	}
	return s
}

// ServeConn serves one link that was accepted by other means, such as a
// WebSocket, and returns when it is dead, with the cause. The session lives on.
// The server closes nc. When ctx ends the link is closed.
func (s *Server) ServeConn(ctx context.Context, nc net.Conn) error {
	if !s.begin() {
		_ = nc.Close() // nothing was begun on it
		return ErrServerClosed
	}
	l := newLink(nc)
	l.dead = make(chan struct{})
	c, err := func() (*Conn, error) {
		defer s.tasks.Done()
		return s.greet(ctx, l)
	}()
	if err != nil {
		return err
	}
	stop := context.AfterFunc(ctx, func() { l.fail(context.Cause(ctx)) })
	defer stop()
	if c != nil {
		s.serve(c)
	}
	<-l.dead
	return l.err
}

// begin counts a task in, unless the server is closed.
func (s *Server) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.tasks.Add(1)
	return true
}

// serve begins the handler of a new session.
func (s *Server) serve(c *Conn) {
	if s.begin() {
		go s.handle(c)
		return
	}
	c.mu.Lock()
	c.abortLocked(CodeGoingAway, "")
	c.unlock()
}

// handle runs the handler of one session, and then sees the session to its end;
// or it ends when the session is parked, and is called again.
func (s *Server) handle(c *Conn) {
	pprof.SetGoroutineLabels(handlerLabel)
	err := errors.New("conn: handler called runtime.Goexit") // unless it returns
	defer func() {
		if err == errParked {
			return // and is called again
		}
		defer s.tasks.Done()
		if err == nil && s.isDraining() {
			c.mu.Lock()
			c.closeLocked(CodeGoingAway, "")
			c.unlock()
		}
		// Nothing bounds the wait but the session's own life.
		_ = c.finish(s.ctx, err) // what came of it is for Trace.SessionEnd
	}()
	err = s.call(c)
}

func (s *Server) call(c *Conn) (err error) {
	defer func() {
		if v := recover(); v != nil {
			s.tracePanic(c, v, debug.Stack())
			err = fmt.Errorf("conn: handler panicked: %v", v)
		}
	}()
	if f, ok := s.handler.(messageHandler); ok {
		parked, err := f.serve(c.ctx, c, true)
		if parked {
			return errParked
		}
		return err
	}
	return s.handler.ServeConn(c.ctx, c)
}

func (s *Server) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

// Shutdown ends all sessions in good order and returns when that is done:
// clients are asked to send what they have accepted and to come back later with
// a new session, handlers receive all of it and then io.EOF, and what they sent
// is delivered. Until then the listeners stay open for clients that have to
// resume, and new sessions are refused.
//
// If ctx ends first, what is left is cut off, and the error says how many
// sessions that concerned. Like Close, Shutdown waits for handlers, whose
// contexts have ended by then.
func (s *Server) Shutdown(ctx context.Context) error {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	leave := s.cfg.comeBack()
	for _, c := range s.sessions.all() {
		c.askToLeave(leave)
	}
	idle := s.sessions.drained()
	select {
	case <-idle:
		return s.Close()
	case <-ctx.Done():
	}
	n := s.sessions.len()
	err := s.Close()
	if n > 0 {
		return fmt.Errorf("conn: %d sessions were cut off by the end of Shutdown: %w", n, ctx.Err())
	}
	return err
}

func (c *Conn) askToLeave(g wire.GoAway) {
	c.mu.Lock()
	c.s.AskToLeave(g)
	c.flushLocked()
	c.unlock()
}

// Close ends the server at once: listeners are closed, sessions cut off, their
// clients told so where a link takes it, and handlers' contexts ended. It waits
// for handlers. It is idempotent, and must not be called by a handler.
func (s *Server) Close() error {
	s.mu.Lock()
	s.draining, s.closed = true, true
	listeners := s.listeners
	s.listeners = map[net.Listener]struct{}{}
	s.mu.Unlock()
	var errs []error
	for ln := range listeners {
		// The end of Serve's context may have come first.
		if err := ln.Close(); !errors.Is(err, net.ErrClosed) {
			errs = append(errs, err)
		}
	}
	for _, c := range s.sessions.all() {
		c.mu.Lock()
		c.abortLocked(CodeGoingAway, "")
		c.unlock()
	}
	s.cancel()
	s.tasks.Wait()
	s.poller.close()
	s.sessions.close()
	return errors.Join(errs...)
}
