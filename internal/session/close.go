package session

import "github.com/longsplice/longsplice/internal/wire"

// Close ends this end of the session in good order: nothing is accepted any
// more, what was accepted is still delivered, and nothing more is consumed.
// A later call changes nothing but what Abort may.
func (s *Session) Close(code uint16, reason string) {
	if s.local != nil && s.local.Consumed != wire.Open {
		return
	}
	final := s.out.queued
	if s.local != nil { // half closed: keep what was said of why
		code, reason, final = s.local.Code, s.local.Reason, s.local.Final
	}
	s.close(wire.Close{Code: code, Reason: reason, Final: final, Consumed: s.consumed})
}

// CloseSend ends the outgoing direction alone.
func (s *Session) CloseSend(code uint16, reason string) {
	if s.local == nil {
		s.close(wire.Close{Code: code, Reason: reason, Final: s.out.queued, Consumed: wire.Open})
	}
}

// Abort ends the session now: what was not sent never will be.
func (s *Session) Abort(code uint16, reason string) {
	c := wire.Close{Code: code, Reason: reason, Final: s.out.sent, Consumed: s.consumed}
	if s.local != nil {
		c.Consumed = min(c.Consumed, s.local.Consumed)
		if s.local.Final <= c.Final { // nothing is cut off: it stays what it was
			c.Code, c.Reason, c.Final = s.local.Code, s.local.Reason, s.local.Final
		}
	}
	s.close(c)
}

func (s *Session) close(c wire.Close) {
	s.local = &c
	s.closeSent = false
	s.owe(oweClose)
}

// Local and Remote return the CLOSE of either end, nil while it is open.
func (s *Session) Local() *wire.Close { return s.local }

// Remote returns the peer's CLOSE, nil while it is open.
func (s *Session) Remote() *wire.Close { return s.remote }

// CloseWritten reports whether this end's CLOSE has been given to a link.
func (s *Session) CloseWritten() bool { return s.local != nil && s.closeSent }

// Ended reports whether both ends have closed, know it of each other and are
// done consuming: nothing is left to say.
func (s *Session) Ended() bool {
	if broken == RuleCloseEndsPeer && s.local != nil && s.out.acked < s.local.Final {
		return false
	}
	return s.CloseWritten() && s.local.Consumed != wire.Open && s.PeerDone()
}

// AtFinal reports whether the application has consumed all that the peer will
// ever send.
func (s *Session) AtFinal() bool { return s.remote != nil && s.consumed >= s.remote.Final }

// Loss sorts what was accepted and not acknowledged. Undelivered has certainly
// not been consumed by the peer's application, unknown may have been. The
// slices share the outbox's memory, which is used for nothing else again.
func (s *Session) Loss() (undelivered, unknown [][]byte) {
	split := s.out.high
	if s.PeerDone() || broken == RuleSentIsUnknown {
		// The peer has said what it consumed, and acked tells it: the rest
		// certainly was not.
		split = s.out.acked
	}
	return s.out.messages(max(split, s.out.acked), s.out.queued), s.out.messages(s.out.acked, split)
}
