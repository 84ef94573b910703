package conn

import (
	"context"
	"errors"

	"github.com/longsplice/longsplice/reconnect"
)

// Run keeps a session with the server at target and calls h with it. When the
// session is lost, or the server asks to come back with a new one, and h returns
// the error that its connection gave it, Run calls h again with another session:
// a handler that is called anew knows that the server has forgotten what was
// said. Between sessions it waits as [Config.Retry] says.
//
// Run returns nil when h does and all that it sent is delivered, and h's error
// when it returns one of its own. It also returns when ctx ends, when the server
// closes the session other than to come back or refuses for good, and when
// Config.Retry gives up. ctx is passed on to h;
// when it ends, the session is closed as Close does.
func Run(ctx context.Context, target string, h Handler, cfg *Config) error {
	cfg = cfg.orZero()
	d := reconnect.Dialer[*Conn]{
		Targets:     []string{target},
		DialTimeout: -1,
		Policy:      cfg.Retry,
		Dial: func(ctx context.Context, target string) (*Conn, error) {
			c, err := Dial(ctx, target, cfg)
			if gaveUp := new(reconnect.GaveUpError); errors.As(err, &gaveUp) {
				err = reconnect.Permanent(err)
			}
			return c, err
		},
	}
	return d.Run(ctx, func(ctx context.Context, c *Conn) error {
		return c.verdict(ctx, h.ServeConn(ctx, c))
	})
}

// verdict ends the session of a handler that returned err, and says whether
// there is to be another: nil if all is done, a Permanent error if not.
func (c *Conn) verdict(ctx context.Context, err error) error {
	if err != nil && ofSession(err) {
		if again := c.another(ctx, err); again != nil {
			return again
		}
	}
	if serr := c.finish(ctx, err); err == nil {
		err = serr
	}
	if ctx.Err() != nil && errors.Is(err, ErrClosed) {
		return err // by Run, because ctx has ended, which is what Run returns
	}
	return reconnect.Permanent(err)
}

// another is why there is to be another session after this one, nil if there is
// not. err is what the connection told the handler.
func (c *Conn) another(ctx context.Context, err error) error {
	c.mu.Lock()
	away, leave := c.leaving, c.remoteLocked()
	c.unlock()
	if told := new(CloseError); errors.As(err, &told) && told.Remote && told.Code == CodeGoingAway {
		away = true // a server that was closed; the session may not be over yet
	}
	if away {
		// The server waits for our last messages, and for nothing else.
		_ = c.Shutdown(ctx, CodeNormal, "")
	}
	var lost *LostError
	switch {
	case away || leave.Code == CodeGoingAway && c.over():
		return reconnect.RetryAfter(leave.RetryMin, leave.RetryMax, leave)
	case !c.over() || !errors.As(c.Err(), &lost):
		return nil
	case lost.Reason == LostGaveUp || lost.Reason == LostClosed:
		// A server that closes a session means it, whatever was on its way.
		return reconnect.Permanent(lost)
	}
	return lost
}

// ofSession reports whether a handler's error is what its connection said, and
// not its own.
func ofSession(err error) bool {
	var closed *CloseError
	return errors.As(err, new(*LostError)) || errors.As(err, new(*UnknownError)) ||
		errors.Is(err, ErrClosed) || errors.As(err, &closed) && closed.Remote
}

// finish closes the session as a handler's return asks for, and waits for the
// end: as long as ctx allows, and then no longer than Close would.
func (c *Conn) finish(ctx context.Context, err error) error {
	code, reason := CodeNormal, ""
	c.mu.Lock()
	if err != nil {
		code = CodeError
		var own *CloseError
		if errors.As(err, &own) && !own.Remote {
			code, reason = own.Code, own.Reason
		}
		c.inbox.hand = nil // it has not been dealt with
	}
	c.closeLocked(code, reason)
	c.unlock()
	select {
	case <-c.Done():
	case <-ctx.Done():
		return c.Close()
	}
	return c.Shutdown(ctx, code, reason)
}
