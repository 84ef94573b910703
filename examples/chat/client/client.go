package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/client/internal/chat"
	"github.com/longsplice/longsplice/examples/chat/client/internal/plain"
	"github.com/longsplice/longsplice/examples/chat/client/internal/session"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// patience is how long the end of the program waits for the network.
const patience = 3 * time.Second

// A client is what both front ends share.
type client struct {
	options
	conn   *conn.Config
	tokens tokens
}

func newClient(o options) (*client, error) {
	cfg, err := connConfig(o)
	if err != nil {
		return nil, err
	}
	c := &client{options: o, conn: cfg}
	if c.tokens, err = userTokens(); err != nil {
		return c, nil // without a home nothing is kept
	}
	if c.token == "" {
		c.token, err = c.tokens.load(o.server, o.name)
	}
	return c, err
}

func (c *client) model(script bool, last int) *chat.Model {
	if c.last >= 0 {
		last = c.last
	}
	return chat.New(chat.Config{Name: c.name, Rooms: c.rooms, Last: last, Script: script})
}

func (c *client) session(event func(chat.Event)) *session.Session {
	return session.New(session.Config{
		Target: c.server, Login: protocol.Login{Name: c.name, Token: c.token}, Conn: c.conn, Event: event,
	})
}

// keep stores a token, if there is a place for it.
func (c *client) keep(name, token string) error {
	if c.tokens.dir == "" {
		return nil
	}
	return c.tokens.store(c.server, name, token)
}

// plain is the client as a filter.
func (c *client) plain(ctx context.Context, in io.Reader, out, state io.Writer) error {
	events, gone := make(chan chat.Event), make(chan struct{})
	defer close(gone)
	s := c.session(func(e chat.Event) {
		select {
		case events <- e:
		case <-gone:
		}
	})
	m := c.model(true, 0)
	f := plain.Filter{Model: m, Session: s, Keep: c.keep, In: in, Out: out, State: state}
	return c.outcome(f.Run(ctx, events), m, state)
}

// explain says what a user can do about it.
func explain(err error, name string) error {
	var refused *conn.RefusedError
	if errors.As(err, &refused) && refused.Code == conn.RefusedIdentity {
		return fmt.Errorf("the server does not let %s in: %w; is it somebody else's name, or is its token not here?", name, err)
	}
	return err
}

// outcome is how the program ends after the session has, with err.
func (c *client) outcome(err error, m *chat.Model, w io.Writer) error {
	lost := report(m, w, err == nil)
	var unknown *conn.UnknownError
	if err == nil || errors.As(err, &unknown) {
		return lost
	}
	return explain(err, c.name)
}

// report tells which lines have not arrived, or may not have. Those that were on
// their way have, if all was delivered.
func report(m *chat.Model, w io.Writer, delivered bool) error {
	n := 0
	for _, r := range m.Rooms() {
		for _, p := range r.Pending {
			if p.Fate != chat.Waiting || !delivered {
				n++
				fmt.Fprintf(w, "%s: %s: %s\n", p.Fate, r.Title(), p.Message.Text)
			}
		}
	}
	if n > 0 {
		return fmt.Errorf("lines that have not arrived, or may not have: %d", n)
	}
	return nil
}
