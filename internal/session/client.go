package session

import (
	"errors"

	"github.com/longsplice/longsplice/internal/wire"
)

// ErrStale says that a handshake was overtaken by a newer one.
var ErrStale = errors.New("handshake was overtaken by a newer one")

// Client performs the dialling end's handshakes for one session.
type Client struct {
	Session *Session

	id      wire.ID
	epoch   uint64
	token   wire.Token
	attempt uint64
	gen     uint64 // of the link that the newest HELLO opens
	known   bool   // a WELCOME has come: the session exists
}

// NewClient returns the handshakes of a new session.
func NewClient(s *Session) *Client { return &Client{Session: s} }

// Hello begins a handshake. The link that the session was on is fenced in the
// same step as the positions are taken. The caller adds what is its own: Plain
// and the credential.
func (c *Client) Hello() wire.Hello {
	gen, at := c.Session.fence(RuleFenceClient)
	c.gen = gen
	c.attempt++
	return wire.Hello{
		Epoch:      c.epoch,
		Attempt:    c.attempt,
		Received:   at.Received,
		Consumed:   at.Consumed,
		Window:     uint32(c.Session.limits.Window),
		MaxMessage: uint32(c.Session.limits.MaxMessage),
		Token:      c.token,
	}
}

// Welcome applies the answer to the HELLO of the given attempt and returns the
// generation of the link, which is the session's from now on.
func (c *Client) Welcome(attempt uint64, w *wire.Welcome) (gen uint64, err error) {
	if attempt != c.attempt && broken != RuleAnswerNewest {
		return 0, ErrStale
	}
	if c.known != w.Resumed {
		return 0, wire.Errorf("WELCOME says resumed %t, asked for %t", w.Resumed, c.known)
	}
	if c.known && (w.ID != c.id || w.Epoch != c.epoch) {
		return 0, wire.Errorf("WELCOME names another session")
	}
	at := Positions{Received: w.Received, Consumed: w.Consumed}
	if err := c.Session.Attach(c.gen, at, intOf(w.Window), intOf(w.MaxMessage)); err != nil {
		return 0, err
	}
	c.known, c.id, c.epoch, c.token = true, w.ID, w.Epoch, w.Token
	return c.gen, nil
}

// Closed applies a CLOSE that came in place of a WELCOME: the server had ended
// the session, and what it had not delivered by then never will be.
func (c *Client) Closed(attempt uint64, body []byte) error {
	if attempt != c.attempt {
		return ErrStale
	}
	if !c.known {
		return wire.Errorf("CLOSE in answer to a new session")
	}
	_, _, err := c.Session.peerClosed(body)
	return err
}

// Known reports whether the server has accepted the session, so that there is
// something to resume or to lose.
func (c *Client) Known() bool { return c.known }

// Resumable reports whether a link that dies can be replaced.
func (c *Client) Resumable() bool { return !c.token.IsZero() }
