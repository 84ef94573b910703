package conn

import (
	"context"
	crand "crypto/rand"
	"crypto/tls"
	"errors"
	"fmt"
	"runtime/debug"
	"time"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// greet is the server's side of a handshake. It returns the Conn if a session
// has begun, and nil if one was resumed. On an error the link is closed.
func (s *Server) greet(ctx context.Context, l *link) (*Conn, error) {
	c, err := s.handshake(ctx, l)
	if err != nil {
		err = public(err)
		s.traceRefused(l.nc.RemoteAddr(), err)
		l.fail(err)
		return nil, err
	}
	return c, nil
}

func (s *Server) handshake(ctx context.Context, l *link) (*Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, s.cfg.handshakeTimeout())
	defer cancel()
	quit := context.AfterFunc(s.ctx, cancel)
	defer quit()
	stop := context.AfterFunc(ctx, func() { _ = l.nc.SetDeadline(past) })
	defer stop()

	source := sourceOf(l.nc.RemoteAddr())
	if err := s.gate.enter(ctx, source); err != nil {
		return nil, err
	}
	defer s.gate.leave(source)

	h, err := s.hello(l)
	if err != nil {
		return nil, err
	}
	identity, err := s.authenticate(ctx, l, &h)
	if err != nil {
		return nil, err
	}
	// A context wakes those who wait for it before it calls its functions.
	if !stop() || ctx.Err() != nil {
		return nil, fmt.Errorf("handshake: %w", ctx.Err())
	}
	if err := l.nc.SetDeadline(time.Time{}); err != nil {
		return nil, err
	}
	if h.Token.IsZero() {
		return s.create(l, &h, identity)
	}
	return nil, s.resume(l, &h, identity, source)
}

// hello reads the client's HELLO. A peer that speaks anything else is not
// answered.
func (s *Server) hello(l *link) (wire.Hello, error) {
	kind, body, err := l.readFrame()
	if err != nil {
		return wire.Hello{}, err
	}
	if kind != wire.KindHello {
		return wire.Hello{}, wire.Errorf("kind %#x in place of HELLO", byte(kind))
	}
	if l.w > l.r {
		return wire.Hello{}, wire.Errorf("%d bytes behind HELLO, before its answer", l.w-l.r)
	}
	h, err := wire.ParseHello(body)
	if version := new(wire.VersionError); errors.As(err, &version) {
		return h, s.refuse(l, wire.Refuse{Code: wire.RefuseVersion})
	}
	return h, err
}

// authenticate has the application judge the link.
func (s *Server) authenticate(ctx context.Context, l *link, h *wire.Hello) (string, error) {
	if s.cfg.Authenticate == nil {
		return "", nil
	}
	p := Peer{RemoteAddr: l.nc.RemoteAddr(), Credential: h.Credential, Transport: l.nc, value: &l.value}
	// A *tls.Conn, or what stands on one.
	if t, ok := l.nc.(interface{ ConnectionState() tls.ConnectionState }); ok {
		if state := t.ConnectionState(); state.HandshakeComplete {
			p.TLS = &state
		}
	}
	identity, err := s.judge(ctx, l, p)
	if err != nil {
		r := wire.Refuse{Code: wire.RefuseIdentity}
		if told := new(RefusedError); errors.As(err, &told) {
			r.Reason = told.Reason
			if told.Code == RefusedBusy {
				r.Code, r.Retry = wire.RefuseBusy, s.cfg.comeBack()
			}
		}
		return "", errors.Join(s.refuse(l, r), err)
	}
	return identity, nil
}

// judge calls Authenticate. It works on what strangers send: should it panic,
// that refuses the link and no more. Should it end the goroutine, as a test's
// FailNow does, the link ends with it.
func (s *Server) judge(ctx context.Context, l *link, p Peer) (identity string, err error) {
	returned := false
	defer func() {
		switch v := recover(); {
		case v != nil:
			s.cfg.log().Error("Authenticate panicked", "panic", v, "stack", string(debug.Stack()))
			err = fmt.Errorf("conn: Authenticate panicked: %v", v)
		case !returned:
			err = errors.New("conn: Authenticate called runtime.Goexit")
			s.traceRefused(l.nc.RemoteAddr(), err)
			l.fail(err)
		}
	}()
	identity, err = s.cfg.Authenticate(ctx, p)
	returned = true
	return identity, err
}

// refuse tells the client why not, and returns that as an error.
func (s *Server) refuse(l *link, r wire.Refuse) error {
	r.Epoch = s.epoch
	_ = l.nc.SetWriteDeadline(time.Now().Add(time.Second))
	_, _ = l.nc.Write(r.Append(nil)) // the link is closed either way
	return &RefusedError{Code: RefuseCode(r.Code), Reason: r.Reason}
}

// create begins a session.
func (s *Server) create(l *link, h *wire.Hello, identity string) (*Conn, error) {
	if s.isDraining() {
		return nil, s.refuse(l, wire.Refuse{Code: wire.RefuseGoingAway, Retry: s.cfg.comeBack()})
	}
	var id wire.ID
	_, _ = crand.Read(id[:]) // never fails
	limits := s.cfg.limits()
	limits.MinPing = s.cfg.minPing()
	c := newConn(s.cfg, session.New(limits, pool))
	c.server, c.who, c.id = s, identity, id
	c.ctx, c.cancel = context.WithCancel(s.ctx)

	var token wire.Token
	if !h.Plain && !s.cfg.NoResume {
		token = newToken()
	}
	c.mu.Lock()
	entry, w, gen, err := session.NewEntry(c.s, id, identity, h, token)
	if err != nil {
		c.unlock()
		c.cancel()
		return nil, err
	}
	c.entry = entry
	c.mu.Unlock()
	s.sessions.add(c, entry)
	c.mu.Lock()
	if c.ended { // the server was closed meanwhile
		c.unlock()
		return nil, ErrServerClosed
	}
	return c, c.welcomeLocked(l, &w, gen)
}

// resume puts a session on another link.
func (s *Server) resume(l *link, h *wire.Hello, identity, source string) error {
	if h.Epoch != s.epoch {
		return s.refuse(l, wire.Refuse{Code: wire.RefuseEpoch})
	}
	if !s.failures.permit(source) {
		return s.refuse(l, wire.Refuse{Code: wire.RefuseBusy, Retry: s.cfg.comeBack()})
	}
	key := session.KeyOf(h.Token)
	seat := s.sessions.find(key)
	if seat == nil {
		s.failures.note(source)
		return s.refuse(l, wire.Refuse{Code: wire.RefuseUnknown})
	}
	next := newToken()
	c := seat.c
	var w wire.Welcome
	var gen uint64
	var err error
	if c == nil {
		_, _, err = seat.entry.Resume(h, key, identity, next)
	} else {
		c.mu.Lock()
		w, gen, err = c.entry.Resume(h, key, identity, next)
		if err == nil {
			confirmed, issued := c.entry.Keys()
			c.afterLocked(func() { s.sessions.rekey(c, gen, confirmed, issued) })
			return c.welcomeLocked(l, &w, gen)
		}
		if _, broke := err.(*wire.Error); broke {
			c.violatedLocked(err)
		}
		c.unlock()
	}
	return s.notResumed(l, err, source)
}

func (s *Server) notResumed(l *link, err error, source string) error {
	var tomb *session.Tomb
	switch {
	case errors.As(err, &tomb):
		_ = l.nc.SetWriteDeadline(time.Now().Add(time.Second))
		_, _ = l.nc.Write(tomb.Close.Append(nil)) // the client asks again if it misses this
		return &CloseError{Code: Code(tomb.Close.Code), Reason: tomb.Close.Reason}
	case errors.Is(err, session.ErrStale):
		return s.refuse(l, wire.Refuse{Code: wire.RefuseStale})
	case errors.Is(err, session.ErrUnknown):
		s.failures.note(source)
		return s.refuse(l, wire.Refuse{Code: wire.RefuseUnknown})
	}
	return errors.Join(s.refuse(l, wire.Refuse{Code: wire.RefuseProtocol}), err)
}

// welcomeLocked puts the session on the link, writes WELCOME, and lets the
// session follow. It is called with c.mu held and returns without.
func (c *Conn) welcomeLocked(l *link, w *wire.Welcome, gen uint64) error {
	resumed := w.Resumed
	w.Epoch, w.TTL = c.server.epoch, c.cfg.sessionTTL()
	l.c, l.leased, l.writing = c, true, true
	old := c.attachLocked(l, gen, 0)
	c.unlock()
	if old != nil {
		old.fail(session.ErrFenced)
	}
	c.server.sessions.unpark(c, gen)
	c.traceUp(l, resumed)

	err := l.writeAll(w.Append(nil))
	draining := c.server.isDraining()
	c.mu.Lock()
	l.writing = err != nil // nothing may follow a part of WELCOME
	if draining {
		c.s.AskToLeave(c.cfg.comeBack())
	}
	if err == nil {
		c.flushLocked()
	}
	c.letLinkGoLocked(l)
	c.unlock()
	if err != nil {
		l.fail(err)
		return nil // the session has begun, or goes on; it waits for another link
	}
	l.begin()
	return nil
}

func newToken() (t wire.Token) {
	_, _ = crand.Read(t[:]) // never fails
	return t
}
