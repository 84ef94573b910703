package conn

import (
	"errors"

	"github.com/longsplice/longsplice/internal/wire"
	"github.com/longsplice/longsplice/reconnect"
)

// answered acts on the server's answer to HELLO. An answer that breaks the
// protocol ends a session that has begun: to ask again would not mend it.
func (c *Conn) answered(l *link, target string, attempt uint64, kind wire.Kind, body []byte) (err error) {
	switch kind {
	case wire.KindWelcome:
		err = c.welcomed(l, target, attempt, body)
	case wire.KindClose:
		err = c.closedMeanwhile(attempt, body)
	case wire.KindRefuse:
		err = c.refused(target, body)
	default:
		err = wire.Errorf("kind %#x in answer to HELLO", byte(kind))
	}
	if version := new(wire.VersionError); errors.As(err, &version) {
		return reconnect.Permanent(err)
	}
	if _, broke := err.(*wire.Error); broke {
		err = public(err)
		c.mu.Lock()
		if c.client.Known() {
			c.loseLocked(LostProtocol, err)
		}
		c.unlock()
	}
	return err
}

// welcomed: the session begins, or goes on, on this link.
func (c *Conn) welcomed(l *link, target string, attempt uint64, body []byte) error {
	w, err := wire.ParseWelcome(body)
	if err != nil {
		return err
	}
	c.mu.Lock()
	if c.ended {
		c.unlock()
		return reconnect.Permanent(ErrClosed)
	}
	gen, err := c.client.Welcome(attempt, &w)
	if err != nil {
		c.unlock()
		return err
	}
	if c.id == (wire.ID{}) {
		c.id = w.ID
	}
	c.home, c.ttl = target, w.TTL
	l.c, l.leased = c, true
	c.attachLocked(l, gen, w.MinPing)
	c.flushLocked()
	c.unlock()
	c.traceUp(l, w.Resumed)
	l.begin()
	return nil
}

// closedMeanwhile: the server had closed the session while there was no link.
func (c *Conn) closedMeanwhile(attempt uint64, body []byte) error {
	c.mu.Lock()
	defer c.unlock()
	if c.ended { // what it lost has been told, and must stay
		return reconnect.Permanent(ErrClosed)
	}
	if err := c.client.Closed(attempt, body); err != nil {
		return err
	}
	c.endLocked(c.verdictLocked(LostClosed, nil))
	return reconnect.Permanent(c.err)
}

// refused: what a refusal means for the session, and for the attempts.
func (c *Conn) refused(target string, body []byte) error {
	r, err := wire.ParseRefuse(body)
	if err != nil {
		return err
	}
	refusal := &RefusedError{Code: RefuseCode(r.Code), Reason: r.Reason}
	switch r.Code {
	case wire.RefuseBusy, wire.RefuseGoingAway:
		return reconnect.RetryAfter(r.Retry.Min, r.Retry.Max, refusal)
	case wire.RefuseStale:
		return refusal
	case wire.RefuseEpoch:
		if c.mayLiveElsewhere(target) {
			return refusal
		}
		c.lose(LostRestarted, refusal)
	case wire.RefuseUnknown:
		c.lose(LostUnknown, refusal)
	case wire.RefuseProtocol:
		c.lose(LostProtocol, refusal)
	}
	return reconnect.Permanent(refusal)
}

// mayLiveElsewhere reports whether the session may still be on the server that
// it was last on, which is not target.
func (c *Conn) mayLiveElsewhere(target string) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return target != c.home && clock()-c.detachedAt < c.ttl
}
