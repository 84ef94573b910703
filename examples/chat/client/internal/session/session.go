// Package session carries a chat.Model's messages over a Longsplice connection:
// what the server says, and what becomes of the connection, it reports as events
// of the Model.
package session

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/longsplice/longsplice/codec"
	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/client/internal/chat"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

var errNone = errors.New("there is no session")

// A Config says with whom and how to connect.
type Config struct {
	Target string
	Login  protocol.Login
	Conn   *conn.Config // without Credential and OnState

	// Event is told what happens, in order and never concurrently within one
	// session. While it runs, reading and reconnecting wait.
	Event func(chat.Event)
}

// A Session is the client's side of one session after another. Its methods may be
// called from any goroutine.
type Session struct {
	cfg  Config
	quit context.CancelFunc
	stop context.Context // ends with quit

	mu     sync.Mutex
	c      *conn.TypedConn[protocol.Message] // nil without a session
	as     string                            // the name with which the present session began
	name   string                            // the name for the next one
	tokens map[string]string                 // by name
}

// New returns a Session that is yet to Run.
func New(cfg Config) *Session {
	s := &Session{cfg: cfg, as: cfg.Login.Name, name: cfg.Login.Name, tokens: map[string]string{}}
	if cfg.Login.Token != "" {
		s.tokens[cfg.Login.Name] = cfg.Login.Token
	}
	s.stop, s.quit = context.WithCancel(context.Background())
	return s
}

// Run connects, and keeps connected, until Quit is called, ctx ends, or the
// server refuses. Nil means that all that was sent has been delivered. If ctx ends
// before that, the error is a *conn.UnknownError.
func (s *Session) Run(ctx context.Context) error {
	cfg := *s.cfg.Conn
	cfg.Credential = s.credential
	cfg.OnState = func(st conn.State) {
		if st.Phase != conn.Closed || s.stop.Err() == nil { // the end that was asked for is no news
			s.cfg.Event(changed(st))
		}
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer s.quit()
	// Before there is a session there is nothing to close in good order.
	defer context.AfterFunc(s.stop, func() {
		if !s.has() {
			cancel()
		}
	})()
	err := conn.Run(ctx, s.cfg.Target, conn.HandlerFunc(s.serve), &cfg)
	for failedThere(err) && pause(ctx) {
		err = conn.Run(ctx, s.cfg.Target, conn.HandlerFunc(s.serve), &cfg)
	}
	if s.stop.Err() != nil && (errors.Is(err, context.Canceled) || failedThere(err)) {
		return nil // there was no session to end
	}
	return err
}

// pause waits a little, and reports whether there is still somebody to wait for.
func pause(ctx context.Context) bool {
	select {
	case <-time.After(time.Second + rand.N(2*time.Second)):
		return true
	case <-ctx.Done():
		return false
	}
}

// serve is called with each session.
func (s *Session) serve(ctx context.Context, c *conn.Conn) error {
	typed := conn.Typed(c, codec.JSON[protocol.Message]())
	s.mu.Lock()
	s.c = &typed
	s.mu.Unlock()
	s.cfg.Event(&chat.Began{})
	err := s.receive(ctx, typed)
	s.mu.Lock()
	s.c = nil
	s.as = s.name // the next session begins under the present name
	s.mu.Unlock()
	return err
}

func (s *Session) receive(ctx context.Context, c conn.TypedConn[protocol.Message]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(s.stop, cancel)()
	for {
		msg, err := c.Receive(ctx)
		switch bad := new(conn.CodecError); {
		case err == nil:
			s.cfg.Event(&chat.Received{Message: msg})
		case errors.As(err, &bad):
			s.cfg.Event(&chat.Garbled{Why: bad.Err.Error()})
		case s.stop.Err() != nil:
			return nil // whatever else has ended by now
		default:
			s.cfg.Event(ended(err))
			return final(err)
		}
	}
}

// Send hands a message to the connection, without waiting. It returns what to
// report to the Model if that fails, else nil.
func (s *Session) Send(m protocol.Message) *chat.Rejected {
	s.mu.Lock()
	c := s.c
	s.mu.Unlock()
	err := errNone
	if c != nil {
		err = c.TrySend(m)
	}
	if err == nil {
		return nil
	}
	return &chat.Rejected{Message: m, Why: err.Error(), Never: errors.As(err, new(*conn.LimitError))}
}

// Keep notes a name that the server has given, and the token that keeps it.
func (s *Session) Keep(name, token string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.name = name
	s.tokens[name] = token
}

// Wake ends the present delay before the next attempt to connect.
func (s *Session) Wake() {
	s.mu.Lock()
	c := s.c
	s.mu.Unlock()
	if c != nil {
		c.Wake()
	}
}

// RTT is the round-trip time, 0 if it is not known.
func (s *Session) RTT() time.Duration {
	s.mu.Lock()
	c := s.c
	s.mu.Unlock()
	if c == nil {
		return 0
	}
	return c.Stats().RTT
}

// Quit makes Run end the session in good order and return. No event is reported
// for it.
func (s *Session) Quit() { s.quit() }

func (s *Session) has() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.c != nil
}

// credential is asked for by each link. A session is its first name's: on later
// links the server wants to see that one.
func (s *Session) credential(context.Context) ([]byte, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return json.Marshal(protocol.Login{Name: s.as, Token: s.tokens[s.as]})
}
