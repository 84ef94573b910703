package conn

import (
	"context"
	"errors"
	"fmt"
	"net"
	"runtime/pprof"
	"syscall"
	"time"
)

// Serve accepts links from ln until ctx ends, ln fails or the server is shut
// down, and closes ln. Sessions live on: to end them call Shutdown or Close.
// It returns ctx's error, ErrServerClosed, or why ln failed.
//
// A lack of resources, such as file descriptors, is waited out: Serve tries
// again after 10 ms, then after twice that, up to a second.
func (s *Server) Serve(ctx context.Context, ln net.Listener) error {
	if !s.listen(ln) {
		_ = ln.Close() // it was never used
		return ErrServerClosed
	}
	defer s.unlisten(ln)
	stop := context.AfterFunc(ctx, func() { _ = ln.Close() })
	defer stop()
	var backoff time.Duration
	for {
		nc, err := ln.Accept()
		if err == nil {
			backoff = 0
			// The place is taken for a link that there is: one that was kept for
			// a link to come would be missing at another listener.
			if err := s.takeSlot(ctx); err != nil {
				_ = nc.Close() // nothing was begun on it
				return err
			}
			go s.serveLink(ctx, nc)
			continue
		}
		switch {
		case ctx.Err() != nil:
			return ended(ctx)
		case s.isClosed():
			return ErrServerClosed
		case errors.Is(err, net.ErrClosed) || !passing(err):
			return err
		}
		backoff = min(max(2*backoff, 10*time.Millisecond), time.Second)
		s.cfg.log().Warn("accept failed", "cause", err, "retry", backoff)
		select {
		case <-time.After(backoff):
		case <-ctx.Done():
		case <-s.ctx.Done():
		}
	}
}

// ended is the error of a context that has ended, and its cause.
func ended(ctx context.Context) error {
	if cause := context.Cause(ctx); cause != ctx.Err() {
		return fmt.Errorf("%w: %w", ctx.Err(), cause)
	}
	return ctx.Err()
}

// passing reports whether an error of Accept may mend itself. Listeners that are
// not package net's may return a bare errno.
func passing(err error) bool {
	for _, final := range []error{syscall.EINVAL, syscall.EBADF, syscall.ENOTSOCK, syscall.EOPNOTSUPP} {
		if errors.Is(err, final) {
			return false // it listens no more
		}
	}
	var temporary interface{ Temporary() bool }
	return errors.As(err, new(*net.OpError)) || errors.As(err, &temporary) && temporary.Temporary()
}

// serveLink performs the handshake of an accepted link. A new session's
// handler runs in a goroutine of its own, whose stack a handshake has not
// widened.
func (s *Server) serveLink(ctx context.Context, nc net.Conn) {
	pprof.SetGoroutineLabels(handshakeLabel)
	if !s.begin() {
		_ = nc.Close() // nothing was begun on it
		s.freeSlot()
		return
	}
	defer s.tasks.Done()
	l := newLink(nc)
	l.onDead = s.freeSlot
	if c, err := s.greet(ctx, l); err == nil && c != nil {
		s.serve(c)
	}
}

func (s *Server) takeSlot(ctx context.Context) error {
	if s.slots == nil {
		return nil
	}
	select {
	case s.slots <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ended(ctx)
	case <-s.ctx.Done():
		return ErrServerClosed
	}
}

func (s *Server) freeSlot() {
	if s.slots != nil {
		<-s.slots
	}
}

func (s *Server) listen(ln net.Listener) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed {
		return false
	}
	s.listeners[ln] = struct{}{}
	return true
}

func (s *Server) unlisten(ln net.Listener) {
	s.mu.Lock()
	delete(s.listeners, ln)
	s.mu.Unlock()
	_ = ln.Close() // it has been closed, or has failed
}

func (s *Server) isClosed() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.closed
}
