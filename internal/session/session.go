package session

import (
	"errors"
	"math"
	"time"

	"github.com/longsplice/longsplice/internal/wire"
)

// Errors that say why a call had no effect. Whatever a peer did wrong is a
// *wire.Error instead, and is the end of the session.
var (
	ErrFenced    = errors.New("link is fenced: a newer one has taken the session")
	ErrFull      = errors.New("outbox is full")
	ErrClosing   = errors.New("session is closing")
	ErrExhausted = errors.New("session has used up its positions")
)

// Limits belong to a session and never change while it lives, except that a
// peer may raise its own.
type Limits struct {
	Window     int // bytes that this end takes unacknowledged
	MaxMessage int // the longest message that this end takes
	SendBuffer int // bytes that the outbox holds unacknowledged
	// MinPing is the shortest interval between pings that this end tolerates,
	// 0 for any.
	MinPing time.Duration
}

// How long progress may stay untold: when nobody asks for it, and when the peer
// does but the application is busy with more. (An acknowledgement for each
// message would halve the throughput of a sender that waits for room.)
const (
	lazyAck   = time.Second
	stickyAck = 5 * time.Millisecond
)

// Session is one end of a session: its outbox, what it has received and
// consumed, and the control frames that it owes the peer. It outlives its
// links; a link is known here by its generation.
type Session struct {
	out           Log
	local, remote *wire.Close
	gen           uint64 // of the newest link; rises when one is fenced
	attached      bool   // that link is in use
	owed          owed
	closeSent     bool   // local was written to some link
	peerWindow    int    // what the peer takes
	peerReceived  uint64 // as the peer last said

	limits             Limits
	peerMax            int // -1 until it has said so
	received, consumed uint64

	// told is what this link, and no other, has carried to the peer.
	toldReceived, toldConsumed uint64
	untold                     time.Duration // since when there is news, 0 for none

	pong    uint64 // nonce to answer
	ping    uint64 // nonce to ask with
	goAway  wire.GoAway
	wantAt  uint64 // an ACKREQ is wanted once sent has come this far
	probe   bool   // one is wanted at once
	asked   bool   // this link carried one, when sent stood at askedAt
	askedAt uint64
	drainTo uint64 // the peer asked: tell progress until it is here

	pings      pingBudget
	unanswered int // pings on this link since the last answer
}

// owed are the control frames that wait for the next write: one bit for each
// kind, never a queue.
type owed uint8

const (
	oweAck owed = 1 << iota
	oweAckReq
	owePing
	owePong
	oweGoAway
	oweClose
)

// New returns an end of a session that has no link yet.
func New(limits Limits, chunks Allocator) *Session {
	s := &Session{limits: limits, peerMax: -1}
	s.out.init(chunks)
	return s
}

// Positions is where an end of a session stands.
type Positions struct {
	Received, Consumed uint64
}

// fence cuts the session from its link: nothing of that link is applied from
// here on. The positions that it returns are those that HELLO or WELCOME must
// carry, and count as told on the link to come. It returns the generation of
// that link.
func (s *Session) fence(rule Rule) (gen uint64, at Positions) {
	if broken != rule {
		s.gen++
	}
	s.attached = false
	s.told()
	return s.gen, Positions{Received: s.received, Consumed: s.consumed}
}

// Attach puts the session on the link of generation gen, whose handshake said
// where the peer stands and what it takes.
func (s *Session) Attach(gen uint64, peer Positions, window, maxMessage int) error {
	if gen != s.gen {
		return ErrFenced
	}
	if err := s.checkPeer(peer, window, maxMessage); err != nil {
		return err
	}
	if broken != RuleRewindSent && !s.out.rewind(peer.Received) {
		return wire.Errorf("peer received %d, which is within a message", peer.Received)
	}
	if broken == RuleCarryConsumed {
		peer.Consumed = s.out.acked
	}
	s.out.trim(max(s.out.acked, peer.Consumed))
	s.peerReceived = peer.Received
	s.peerWindow, s.peerMax = window, maxMessage
	s.attached = true
	if broken == RuleCountCarried {
		s.told()
	}
	// What the old link was asked for or owed died with it. Whoever still
	// waits asks again; a peer that still waits does so, too.
	asked := s.asked
	s.owed, s.probe, s.asked, s.drainTo = 0, false, false, 0
	s.pings, s.unanswered = pingBudget{}, 0
	if broken == RuleAskAgain {
		s.asked = asked
	} else if s.wantAt > s.out.acked {
		s.owed |= oweAckReq
	}
	if s.local != nil && (broken != RuleRepeatClose || !s.closeSent) {
		s.owed |= oweClose
	}
	return nil
}

// intOf makes an int of a peer's limit, also where int has 32 bits.
func intOf(n uint32) int { return int(min(uint64(n), math.MaxInt)) }

// checkPeer reports whether a peer that stands at these positions can be the
// other end of this session.
func (s *Session) checkPeer(peer Positions, window, maxMessage int) error {
	switch {
	case (window < s.peerWindow || maxMessage < s.peerMax) && broken != RuleLimitsNeverShrink:
		return wire.Errorf("peer lowered its limits to window %d, message %d", window, maxMessage)
	case broken == RulePositionsMatch:
	case peer.Received > s.out.high:
		return wire.Errorf("peer received %d, only %d was sent", peer.Received, s.out.high)
	case peer.Received < s.peerReceived:
		return wire.Errorf("peer received %d, it had said %d", peer.Received, s.peerReceived)
	case peer.Consumed > peer.Received:
		return wire.Errorf("peer consumed %d of %d received", peer.Consumed, peer.Received)
	case peer.Consumed < s.out.acked && s.remote == nil:
		return wire.Errorf("peer consumed %d, it had acknowledged %d", peer.Consumed, s.out.acked)
	}
	return nil
}

// Detach says that the link of generation gen is dead. It reports whether that
// was the session's link.
func (s *Session) Detach(gen uint64) bool {
	if gen != s.gen && broken != RuleDetachOwnLink || !s.attached {
		return false
	}
	s.attached = false
	return true
}

// Generation returns the newest link's generation and whether it is attached.
func (s *Session) Generation() (gen uint64, attached bool) { return s.gen, s.attached }

// A Count tells where a session stands, in bytes of encoded DATA frames.
type Count struct {
	Acked, Sent, Queued uint64 // outgoing
	High                uint64 // the furthest that Sent has been
	PeerReceived        uint64
	Received, Consumed  uint64 // incoming
	Told                uint64 // the consumed position that the link has carried
	Held                uint64 // what counts as taken of the send buffer
}

// Count returns where the session stands.
func (s *Session) Count() Count {
	return Count{
		Acked: s.out.acked, Sent: s.out.sent, Queued: s.out.queued, High: s.out.high,
		PeerReceived: s.peerReceived,
		Received:     s.received, Consumed: s.consumed, Told: s.toldConsumed,
		Held: s.out.taken(),
	}
}

// Preset moves a fresh session to positions that it would take ages to reach.
func (s *Session) Preset(out, in uint64) {
	s.out.base, s.out.acked, s.out.sent, s.out.queued, s.out.high = out, out, out, out, out
	s.peerReceived, s.received, s.consumed = out, in, in
	s.toldReceived, s.toldConsumed = in, in
}
