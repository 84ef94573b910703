package conn

import (
	"context"
	"errors"
	"log/slog"
	"net"

	"github.com/longsplice/longsplice/internal/session"
)

// Trace holds hooks that are called as things happen. Any of them may be nil.
// They are called without locks held, from the goroutine in which it happened,
// and must not block; hooks of different connections run concurrently.
type Trace struct {
	// LinkUp: the session is on a new link, its first or a later one.
	LinkUp func(c *Conn, remote net.Addr)
	// LinkDown: a link that was up is dead. The session waits for another,
	// unless it has ended or has another already.
	LinkDown func(c *Conn, remote net.Addr, cause error)
	// Refused: a server did not accept a link, with *RefusedError for a
	// well-behaved peer.
	Refused func(remote net.Addr, cause error)
	// SessionEnd: the session has ended, with what Err returns.
	SessionEnd func(c *Conn, err error)
	// Panic: a handler of a server panicked.
	Panic func(c *Conn, value any, stack []byte)
}

func (c *Conn) traceUp(l *link, resumed bool) {
	addr := l.nc.RemoteAddr()
	c.cfg.log().Debug("link up", "session", c.ID(), "remote", addr, "resumed", resumed)
	if t := c.cfg.Trace; t != nil && t.LinkUp != nil {
		t.LinkUp(c, addr)
	}
}

func (c *Conn) traceDown(l *link, err error) {
	level := slog.LevelInfo
	if errors.Is(err, session.ErrFenced) || errors.Is(err, net.ErrClosed) {
		level = slog.LevelDebug
	}
	addr := l.nc.RemoteAddr()
	c.cfg.log().Log(context.Background(), level, "link down", "session", c.ID(), "remote", addr, "cause", err)
	if t := c.cfg.Trace; t != nil && t.LinkDown != nil {
		t.LinkDown(c, addr, err)
	}
}

func (c *Conn) traceEnd() {
	c.cfg.log().Info("session ended", "session", c.ID(), "cause", c.err)
	if t := c.cfg.Trace; t != nil && t.SessionEnd != nil {
		t.SessionEnd(c, c.err)
	}
}

func (s *Server) traceRefused(addr net.Addr, err error) {
	s.cfg.log().Warn("link refused", "remote", addr, "cause", err)
	if t := s.cfg.Trace; t != nil && t.Refused != nil {
		t.Refused(addr, err)
	}
}

func (s *Server) tracePanic(c *Conn, value any, stack []byte) {
	s.cfg.log().Error("handler panicked", "session", c.ID(), "panic", value, "stack", string(stack))
	if t := s.cfg.Trace; t != nil && t.Panic != nil {
		t.Panic(c, value, stack)
	}
}
