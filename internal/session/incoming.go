package session

import (
	"math"
	"time"

	"github.com/longsplice/longsplice/internal/wire"
)

// Data counts a DATA frame of size bytes that arrived on the link of
// generation gen. Only after it returned nil does the message belong to the
// session, in the order of the calls. Discard reports that this end has closed
// and nobody will ask for the message.
func (s *Session) Data(gen uint64, size int, now time.Duration) (discard bool, err error) {
	if gen != s.gen && broken != RuleCheckGeneration {
		return false, ErrFenced
	}
	n := uint64(size)
	if s.received > math.MaxUint64-1-n && broken != RuleNoWrap {
		return false, wire.Errorf("position would wrap at %d", s.received)
	}
	if s.remote != nil && s.received+n > s.remote.Final && broken != RuleGuardFinal {
		return false, wire.Errorf("DATA up to %d after CLOSE with final %d", s.received+n, s.remote.Final)
	}
	// The peer can know of no more credit than this link has carried. A single
	// message may fill an empty window and more.
	if open := s.received - s.toldConsumed; open+n > uint64(s.limits.Window) &&
		(open != 0 || broken == RuleOneMessageFits) && broken != RuleGuardWindow {
		return false, wire.Errorf("DATA beyond the window: %d bytes with %d of %d taken", n, open, s.limits.Window)
	}
	if s.received += n; broken == RuleCountWholeFrame {
		s.received--
	}
	s.news(now)
	return s.local != nil && s.local.Consumed != wire.Open && broken != RuleDiscardAtClose, nil
}

// Consume says that the application is done with the next size bytes of what
// it received. It reports whether the peer has to be told now.
func (s *Session) Consume(size int, now time.Duration) (owes bool) {
	if s.local != nil && s.local.Consumed != wire.Open {
		return false
	}
	s.consumed += uint64(size)
	s.news(now)
	untold := s.consumed - s.toldConsumed
	if untold >= uint64(s.limits.Window/4) ||
		s.Draining() && (s.consumed >= s.drainTo || untold >= uint64(s.limits.Window/16)) {
		s.owe(oweAck)
		return true
	}
	return false
}

// Draining reports that the peer asked, and does not yet know that what it
// asked about is consumed.
func (s *Session) Draining() bool {
	return s.drainTo > s.toldConsumed && broken != RuleStickyAckReq
}

func (s *Session) news(now time.Duration) {
	if s.untold == 0 {
		s.untold = max(now, 1)
	}
}

// owe marks control frames for the next write of the link, if there is one.
func (s *Session) owe(o owed) {
	if s.attached {
		s.owed |= o
	}
}

// An Event is what a control frame asks of the session's owner, beyond
// writing what is owed.
type Event uint8

// The events.
const (
	NoEvent     Event = iota
	EventPong         // the peer answers the ping whose nonce is given
	EventAcked        // the outbox has room again, or the peer reported receipt
	EventGoAway       // the server asks to end and come back; see GoAway
	EventClosed       // the peer closed; see Remote
)

// Control applies a frame other than DATA that arrived on the link of
// generation gen.
func (s *Session) Control(gen uint64, k wire.Kind, body []byte, now time.Duration) (ev Event, nonce uint64, err error) {
	if gen != s.gen && broken != RuleCheckGeneration {
		return NoEvent, 0, ErrFenced
	}
	switch k {
	case wire.KindAck:
		return s.ack(body)
	case wire.KindAckReq:
		if len(body) != 0 {
			return NoEvent, 0, wire.Errorf("ACKREQ body of %d bytes, want 0", len(body))
		}
		s.drainTo = s.received
		s.owe(oweAck)
	case wire.KindPing:
		if nonce, err = wire.ParseNonce(body); err != nil {
			return NoEvent, 0, err
		}
		if !s.pings.allow(s.limits.MinPing, now) {
			return NoEvent, 0, wire.Errorf("pings more frequent than one in %v", s.limits.MinPing)
		}
		s.pong = nonce
		s.owe(owePong)
	case wire.KindPong:
		s.unanswered = 0
		nonce, err = wire.ParseNonce(body)
		return EventPong, nonce, err
	case wire.KindGoAway:
		if s.goAway, err = wire.ParseGoAway(body); err != nil {
			return NoEvent, 0, err
		}
		return EventGoAway, 0, nil
	case wire.KindClose:
		return s.peerClosed(body)
	case wire.KindHello, wire.KindWelcome, wire.KindRefuse:
		return NoEvent, 0, wire.Errorf("handshake frame %#x on an open link", byte(k))
	default:
		if k < wire.KindOptional {
			return NoEvent, 0, wire.Errorf("frame of unknown kind %#x", byte(k))
		}
	}
	return NoEvent, 0, nil
}

func (s *Session) ack(body []byte) (Event, uint64, error) {
	a, err := wire.ParseAck(body)
	if err != nil {
		return NoEvent, 0, err
	}
	if a.Sent != s.received && broken != RuleAckTellsSent {
		return NoEvent, 0, wire.Errorf("peer sent %d, received here %d", a.Sent, s.received)
	}
	if a.Consumed > a.Received {
		return NoEvent, 0, wire.Errorf("peer consumed %d of %d received", a.Consumed, a.Received)
	}
	if a.Received > s.out.sent && broken != RuleAckWithinSent {
		return NoEvent, 0, wire.Errorf("peer received %d, only %d was sent", a.Received, s.out.sent)
	}
	s.progress(a.Received, a.Consumed)
	return EventAcked, 0, nil
}

// progress takes over what the peer reports; what is behind is old news.
func (s *Session) progress(received, consumed uint64) {
	s.peerReceived = max(s.peerReceived, received)
	if broken == RuleForgetConsumed {
		consumed = received
	}
	if consumed > s.out.acked || broken == RuleAckRises {
		s.out.trim(consumed)
	}
}

func (s *Session) peerClosed(body []byte) (Event, uint64, error) {
	c, err := wire.ParseClose(body)
	if err != nil {
		return NoEvent, 0, err
	}
	if c.Final < s.received && broken != RuleGuardFinal {
		return NoEvent, 0, wire.Errorf("CLOSE with final %d after %d was received", c.Final, s.received)
	}
	if s.remote != nil && c.Final > s.remote.Final {
		return NoEvent, 0, wire.Errorf("CLOSE with final %d after one with %d", c.Final, s.remote.Final)
	}
	if c.Consumed != wire.Open {
		// After a resumption sent may stand before high: the peer has said that
		// it lacks what lies between.
		if c.Consumed > s.out.sent {
			return NoEvent, 0, wire.Errorf("CLOSE with consumed %d, only %d was sent", c.Consumed, s.out.sent)
		}
		s.progress(c.Consumed, c.Consumed)
	}
	if s.remote != nil && s.remote.Consumed != wire.Open {
		c.Consumed = s.remote.Consumed
	}
	s.remote = &c
	return EventClosed, 0, nil
}

// pingBudget is a token bucket of pings with two strikes.
type pingBudget struct {
	spent   int8
	strikes int8
	at      time.Duration
}

// pingBurst is how many pings may come at once: as many as pile up on a path
// that stood still for a peer's timeout.
const pingBurst = 16

func (b *pingBudget) allow(every, now time.Duration) bool {
	if every <= 0 {
		return true
	}
	if refill := (now - b.at) / every; refill > 0 {
		b.spent = int8(max(0, int64(b.spent)-int64(refill)))
		b.at = now
	}
	if b.spent < pingBurst {
		b.spent++
		return true
	}
	b.strikes++
	return b.strikes <= 2
}
