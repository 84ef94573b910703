package main

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/longsplice/longsplice/conn"
)

var (
	errOwn   = errors.New("an application's own error")
	errTwice = errors.New("a session's first message has come twice")
	errStray = errors.New("a message that nobody has sent")
)

// served is the server's end of a session.
type served struct {
	*term
	*record
	plan plan
	c    *conn.Conn
	rng  *rand.Rand // of what answers

	held []byte // by a breach
	sent int

	mu      sync.Mutex // covers what follows
	over    bool       // the books of this end are closed
	outcome error      // with which the session has ended, once it has
	handled bool       // the handler has returned, or will not be called any more
}

// meet takes in a session by its first message.
func (t *term) meet(c *conn.Conn, first []byte) (*served, error) {
	s := &served{term: t, c: c}
	if len(first) == 0 || first[0] != tagPlan || json.Unmarshal(first[1:], &s.plan) != nil ||
		s.plan.Record < 0 || s.plan.Record >= len(t.books.records) {
		t.tell(event{Ev: "fault", Text: errStray.Error()})
		return nil, errStray
	}
	s.record = &t.books.records[s.plan.Record]
	if s.id.Load() != s.plan.ID {
		return nil, errOwn // its client is gone, and the books are closed
	}
	if !s.record.server.CompareAndSwap(0, t.life) {
		s.up.Wrong()
		t.fault(s.record, errTwice)
		return nil, errTwice
	}
	s.rng = rand.New(rand.NewPCG(t.Seed, s.plan.ID))
	t.under.Add(1)
	t.sessions.Store(c, s)
	if c.Err() != nil { // before it could be found
		t.ended(c, c.Err())
	}
	return s, nil
}

// ended is called at the end of every session.
func (t *term) ended(c *conn.Conn, err error) {
	v, ok := t.sessions.LoadAndDelete(c)
	if !ok {
		return // its client has never said a word
	}
	s := v.(*served)
	if s.plan.Kind == idle {
		// Its last message may still be in the application's hands.
		time.AfterFunc(time.Second, func() { s.leave(nil) })
	}
	s.leave(err)
}

// leave closes this end's books when the session has ended and its handler has
// returned, whichever comes last.
func (s *served) leave(outcome error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if outcome == nil {
		s.handled = true
	} else {
		s.outcome = outcome
	}
	if s.handled && s.outcome != nil && !s.over {
		s.over = true
		s.fault(s.record, report(&s.down, s.outcome))
		s.serverLeft(endingOf(s.outcome))
		s.under.Done()
	}
}

// handle serves a session that is received from.
func (t *term) handle(ctx context.Context, c *conn.Conn) error {
	first, err := c.Receive(ctx)
	if err != nil {
		return nil // it was never begun
	}
	s, err := t.meet(c, first)
	if err != nil {
		return err
	}
	defer s.leave(nil)
	if s.plan.Kind == member {
		return s.inRoom(ctx)
	}
	return s.stream(ctx)
}

// stream sends what the plan says, and receives until the client is done.
func (s *served) stream(ctx context.Context) error {
	sending, stop := context.WithCancel(ctx)
	var sender sync.WaitGroup
	defer sender.Wait()
	defer stop()
	if s.plan.Down > 0 {
		rng := rand.New(rand.NewPCG(s.Seed, ^s.plan.ID))
		sender.Go(func() {
			for pause(sending, rng, s.plan.Down) && s.give(sending, size(rng)) == nil {
			}
		})
	}
	for n := 0; ; n++ {
		msg, err := s.take(ctx)
		if err != nil {
			return err
		}
		switch {
		case msg == nil:
			s.up.Ask()
			return nil
		case s.plan.Kind == echo:
			err = s.give(ctx, len(msg)-1)
		case s.plan.Leave == byHandler && n > 5:
			return errOwn
		}
		if !documented(err) {
			s.fault(s.record, err)
		}
	}
}

// handleMessage serves a session that is pushed to.
func (t *term) handleMessage(ctx context.Context, c *conn.Conn, msg []byte) error {
	v, ok := t.sessions.Load(c)
	if !ok {
		_, err := t.meet(c, msg)
		return err
	}
	s := v.(*served)
	s.up.Ask()
	s.up.Consume() // the one before
	if err := s.heard(msg); err != nil {
		return err
	}
	err := s.give(ctx, len(msg)-1)
	s.up.Ask() // it is done with when this returns, unless with an error
	return err
}
