package heartbeat

import (
	"math"
	"time"
)

// Never is what [State.Next] returns when no Poll is needed.
const Never time.Duration = math.MaxInt64

// State watches one link. It is pure bookkeeping: no clock, goroutine, lock or allocation. The caller tells it what
// happened and when, keeps one timer set to [State.Next], calls [State.Poll] when that fires, and does what Poll says.
//
// An instant is the time since an origin that the caller chooses and keeps, read from a monotonic clock.
//
// The zero State is off until Start. A State may be copied by value while no call is under way; it is not safe for concurrent use.
type State struct {
	cfg *Config

	heard  time.Duration // last inbound
	asked  time.Duration // last ping or probe; the start before the first
	began  time.Duration // when the current round became a probing one
	since  time.Duration // a report has been awaited since then, if waiting
	polled time.Duration // last Poll
	due    time.Duration // when the next Poll was due, as of the last one
	grace  time.Duration // no death before: the process was suspended

	every time.Duration // interval, as configured or as learnt
	span  time.Duration // the same with jitter, for the ping to come
	floor time.Duration // the peer's shortest tolerated distance between pings

	rtt   estimate
	nonce uint64 // outstanding, or 0
	rng   uint64

	asks     uint16 // pings and probes in the current round; 0 when there is none
	answered bool   // something has come in since the last of them
	once     bool   // the outstanding nonce was sent only once (Karn)
	probing  bool   // the round asks for an overdue report
	idle     bool   // the round tests a full idle interval
	waiting  bool   // a report is outstanding
	pinged   bool   // asked before on this link
	running  bool   // started, not off, not dead

	backoff uint8 // answers in a row that gave no measurement; each doubles the wait before the next first repetition
	patient uint8 // probes answered without a report
	graces  uint8 // late polls since the last inbound
	streak  uint8 // Adaptive: idle intervals survived in a row
	misses  uint8 // Adaptive: idle intervals in a row whose first ping was missed
	caution uint8 // Adaptive: steps back so far
}

// Start begins watching a link, forgetting any earlier one: the link counts as heard from now.
// A nil cfg means the defaults; cfg is kept and must not change. The seed spreads the pings of many links;
// give each its own. It need not be secret.
func (s *State) Start(cfg *Config, now time.Duration, seed uint64) {
	least, _ := cfg.bounds()
	*s = State{
		cfg: cfg, rng: seed, running: !cfg.off(), every: least,
		heard: now, asked: now, polled: now, grace: now,
	}
	s.spread()
	s.due = s.Next()
}

// Stop ends the watch: Next is Never, and Poll has nothing to do until the next Start.
func (s *State) Stop() { s.running = false }

// Heard says that bytes came in, whatever they were. It is cheap enough to be called for every read.
// Bytes sent are never life and have no method here.
func (s *State) Heard(now time.Duration) {
	s.heard = max(s.heard, now)
	s.answered = true
}

// Pong says that the answer to a ping came in. If nonce is the outstanding one it counts as Heard, may yield a
// measurement of the round-trip time, and Pong returns true. Otherwise Pong does nothing and returns false: a wrong, repeated
// or unsolicited answer proves nothing beyond that bytes came, which is for Heard.
func (s *State) Pong(nonce uint64, now time.Duration) bool {
	if nonce == 0 || nonce != s.nonce {
		return false
	}
	if s.once {
		s.rtt.add(now - s.asked)
		s.backoff = 0
	} else {
		// Which of the pings was answered cannot be known. Should the path be slower than the repetition, then no
		// round would ever yield a measurement: the next one waits longer before it repeats.
		s.backoff = min(s.backoff+1, 2)
	}
	s.nonce = 0
	s.Heard(now)
	s.settle()
	return true
}

// Awaiting says that something was sent whose receipt the peer should report. While a report is outstanding already it does nothing.
// If the report is overdue by ProbeAfter, Poll asks for a probe at once, and a peer that then stays silent is dead without
// waiting for Interval and Timeout. A peer that sends anything else but the report lives: its application may be slow.
//
// It returns true when Next may have moved to an earlier instant, so that the caller has to look at it;
// a timer that is set for earlier than Next can stay as it is.
func (s *State) Awaiting(now time.Duration) bool {
	if s.waiting {
		return false
	}
	s.waiting, s.since, s.patient = true, now, 0
	return s.running && s.cfg.mode() != Passive && s.cfg.probeAfter() >= 0
}

// Waiting reports whether a report is outstanding, so that Awaiting would do nothing.
func (s *State) Waiting() bool { return s.waiting }

// Reported says that the peer reported progress on what was sent; more tells whether anything is still unreported.
// It does not count as Heard: the bytes that brought the report do.
func (s *State) Reported(now time.Duration, more bool) {
	s.waiting, s.since, s.patient = more, now, 0
	if s.answered {
		s.probing = false
	}
}

// LimitPings says that the peer tolerates no two pings closer together than shortest. From now on none are, repeated
// pings and probes included, and an interval below is raised an eighth above it, so that the network's jitter is not taken for haste.
// Zero or negative removes the limit. Start removes it too.
func (s *State) LimitPings(shortest time.Duration) {
	before := s.Interval()
	s.floor = 0
	if shortest > 0 {
		s.floor = clamp(shortest)
	}
	switch {
	case s.Interval() == before:
	case s.pinged:
		s.jitter()
	default:
		s.spread()
	}
}

// Carry starts from an interval that was learnt on an earlier link (see Interval), within the configured bounds. Call it after Start.
// A carried interval grows much more slowly than one that is being learnt. In modes other than Adaptive, and with an interval that is not
// longer than the least, Carry does nothing.
func (s *State) Carry(interval time.Duration) {
	least, most := s.cfg.bounds()
	if every := min(max(interval, least), most); s.running && every > least {
		s.every, s.caution = every, greatCaution
		s.spread()
	}
}

// Interval returns the interval in force, without jitter: as configured, as learnt, or as raised by the peer's limit.
func (s *State) Interval() time.Duration { return max(s.every, s.floor+s.floor/8) }

// RTT returns the smoothed round-trip time, or 0 before the first measurement.
func (s *State) RTT() time.Duration { return s.rtt.smooth }

// RTO returns the retransmission timeout of RFC 6298: 1 s before the first measurement, then between 1 s and 60 s.
func (s *State) RTO() time.Duration { return s.rtt.rto() }

// LastHeard returns the instant of the last inbound byte, or of the start.
func (s *State) LastHeard() time.Duration { return s.heard }
