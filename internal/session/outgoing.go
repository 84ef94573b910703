package session

import (
	"math"
	"time"

	"github.com/longsplice/longsplice/internal/wire"
)

// Append accepts a message into the outbox, or says why not. It copies msg.
func (s *Session) Append(msg []byte) error {
	n := wire.HeaderSize + len(msg)
	if err := s.accepts(n); err != nil {
		return err
	}
	s.out.append(msg)
	return nil
}

// AppendShared accepts encoded DATA frames, all or none, without copying.
func (s *Session) AppendShared(frames []byte) error {
	if err := s.accepts(len(frames)); err != nil {
		return err
	}
	s.out.appendShared(frames)
	return nil
}

// SendShared is AppendShared where the link of generation gen would write the
// frames at once. If they are all that it has to write, they count as sent, and
// the caller has to write them or see the link die; else they wait for Next.
func (s *Session) SendShared(gen uint64, frames []byte) (now bool, err error) {
	if err := s.accepts(len(frames)); err != nil {
		return false, err
	}
	quiet := gen == s.gen && s.attached && s.owed == 0 && s.out.sent == s.out.queued
	s.out.appendShared(frames)
	if !quiet || s.out.queued-s.out.acked > uint64(s.peerWindow) {
		return false, nil
	}
	s.out.sendAll()
	return true, nil
}

func (s *Session) accepts(n int) error {
	switch {
	case !s.Accepts() && broken != RuleStopAtClose:
		return ErrClosing
	case s.out.exhausted(n):
		return ErrExhausted
	case !s.out.fits(n, s.limits.SendBuffer):
		return ErrFull
	}
	return nil
}

// Room reports whether a message that is n bytes encoded would fit by now.
func (s *Session) Room(n int) bool { return s.out.fits(n, s.limits.SendBuffer) }

// MaxSend is the longest message that both ends take.
func (s *Session) MaxSend() int {
	if s.peerMax < 0 {
		return s.limits.MaxMessage
	}
	return min(s.limits.MaxMessage, s.peerMax)
}

// Accepts reports whether messages are still accepted, room or not.
func (s *Session) Accepts() bool { return s.local == nil && !s.PeerDone() }

// Unreported reports whether the peer has yet to say that it received what was
// sent on this link.
func (s *Session) Unreported() bool { return s.attached && s.out.sent > s.peerReceived }

// Replay is how many messages the link has to carry that an earlier one has
// carried already, which is known right after Attach.
func (s *Session) Replay() (n int) {
	for range s.out.frames(s.out.sent, s.out.high) {
		n++
	}
	return n
}

// Ask is AskFor all that has been queued.
func (s *Session) Ask() { s.AskFor(s.out.queued) }

// AskFor sees to it that the peer acknowledges what lies before position at as
// soon as its application has consumed it.
func (s *Session) AskFor(at uint64) {
	s.wantAt = max(s.wantAt, at)
	if !s.asked || s.askedAt < s.wantAt {
		s.owe(oweAckReq)
	}
}

// Probe asks the peer at once where it stands.
func (s *Session) Probe() {
	s.probe = true
	s.owe(oweAckReq)
}

// Ping asks for a sign of life. On a path that stands still pings pile up, to
// arrive at once when it mends, and a peer that counts them would take that for
// haste: no more of them are under way than it bears.
func (s *Session) Ping(nonce uint64) {
	if s.unanswered++; s.unanswered < pingBurst || broken == RuleBearPings {
		s.ping = nonce
		s.owe(owePing)
	}
}

// AskToLeave sends GOAWAY to a client.
func (s *Session) AskToLeave(g wire.GoAway) {
	s.goAway = g
	s.owe(oweGoAway)
}

// GoAway returns what the peer's GOAWAY said.
func (s *Session) GoAway() wire.GoAway { return s.goAway }

// Pending reports whether the link of generation gen has something to write.
func (s *Session) Pending(gen uint64) bool {
	return gen == s.gen && s.attached && (s.owed&^oweAckReq != 0 ||
		s.askDue() || s.out.next() > 0 && (s.sendable() || s.blocked()))
}

// askDue reports whether an ACKREQ is to follow the DATA sent so far.
func (s *Session) askDue() bool { return s.owed&oweAckReq != 0 && (s.probe || s.out.sent >= s.wantAt) }

// sendable reports whether the next DATA frame, which there is, may leave now.
func (s *Session) sendable() bool {
	n := s.out.next()
	return !s.PeerDone() && s.out.sent+uint64(n) <= s.limit(n)
}

// blocked reports whether the window holds the next DATA frame back, and the
// peer has not been asked for an acknowledgement since the last one left.
func (s *Session) blocked() bool {
	return !s.PeerDone() && s.out.sent < s.final() && (!s.asked || s.askedAt < s.out.sent)
}

// final is the position that this end will not send beyond.
func (s *Session) final() uint64 {
	if s.local != nil {
		return s.local.Final
	}
	return math.MaxUint64
}

// PeerDone reports that the peer consumes nothing more.
func (s *Session) PeerDone() bool { return s.remote != nil && s.remote.Consumed != wire.Open }

// limit is the position that DATA may reach now, where the next frame has n
// bytes.
func (s *Session) limit(n int) uint64 {
	window := uint64(s.peerWindow)
	if s.out.sent == s.out.acked && broken != RuleOneMessageFits {
		window = max(window, uint64(n))
	}
	if broken == RuleKeepToWindow {
		window++
	}
	end := s.final()
	if broken == RuleStopAtFinal {
		end = math.MaxUint64
	}
	if end-s.out.acked < window {
		return end
	}
	return s.out.acked + window
}

// Next appends to ctrl the control frames that the link of generation gen owes
// the peer, and to bufs what it has to write, in order: at most budget bytes
// of DATA, or one frame that is longer. Everything counts as sent; bufs may
// alias ctrl, and stay valid until Wrote. The link must write all of it or die.
func (s *Session) Next(gen uint64, ctrl []byte, bufs [][]byte, budget int) ([]byte, [][]byte) {
	if gen != s.gen && broken != RuleFenceWriter || !s.attached {
		return ctrl, bufs
	}
	var blocked bool // by the window, so that only an ACK can help
	head := len(ctrl)
	ctrl = s.appendOwed(ctrl)
	if len(ctrl) > head {
		bufs = append(bufs, ctrl[head:])
	}
	if n := s.out.next(); n > 0 && !s.PeerDone() {
		bufs, blocked = s.out.take(bufs, budget, s.limit(n))
	}
	if s.askDue() || blocked && (!s.asked || s.askedAt < s.out.sent) {
		if s.out.sent >= s.wantAt {
			s.owed &^= oweAckReq
		}
		s.probe, s.asked, s.askedAt = false, true, s.out.sent
		tail := len(ctrl)
		ctrl = wire.AppendAckReq(ctrl)
		bufs = append(bufs, ctrl[tail:])
	}
	if len(bufs) > 0 {
		s.out.pin()
	}
	return ctrl, bufs
}

// Wrote says that the write of what Next returned is over, for good or ill.
// Each Next that returned anything is owed one Wrote, even if the link was
// fenced meanwhile.
func (s *Session) Wrote() { s.out.unpin() }

func (s *Session) appendOwed(dst []byte) []byte {
	if s.owed&owePong != 0 {
		dst = wire.AppendNonce(dst, wire.KindPong, s.pong)
	}
	if s.owed&owePing != 0 {
		dst = wire.AppendNonce(dst, wire.KindPing, s.ping)
	}
	if s.owed&oweGoAway != 0 {
		dst = s.goAway.Append(dst)
	}
	if s.owed&oweAck != 0 {
		dst = wire.Ack{Received: s.received, Consumed: s.consumed, Sent: s.out.sent}.Append(dst)
		s.told()
	}
	if s.owed&oweClose != 0 {
		dst = s.local.Append(dst)
		s.closeSent = true
	}
	s.owed &= oweAckReq
	return dst
}

func (s *Session) told() {
	s.toldReceived, s.toldConsumed = s.received, s.consumed
	s.untold = 0
}

// Deadline returns when Tick is next due, 0 for never.
func (s *Session) Deadline() time.Duration {
	switch {
	case s.untold == 0 || !s.attached || s.owed&oweAck != 0 || broken == RuleTellInTime: // owed already
		return 0
	case s.Draining() && s.consumed > s.toldConsumed:
		return s.untold + stickyAck
	}
	return s.untold + lazyAck
}

// Tick owes the peer the news that has waited long enough, and lets go of memory
// that a busier time has left.
func (s *Session) Tick(now time.Duration) {
	s.out.relax()
	if d := s.Deadline(); d == 0 || now < d {
		return
	}
	if s.toldReceived == s.received && s.toldConsumed == s.consumed {
		s.untold = 0
		return
	}
	s.owe(oweAck)
}
