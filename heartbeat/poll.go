package heartbeat

import "time"

// Kind is what an [Action] asks for.
type Kind uint8

const (
	// None: there is nothing to do.
	None Kind = iota
	// Ping: send a ping with Action.Nonce. One that is repeated carries the same nonce.
	Ping
	// Probe: ask the peer for the overdue report. A protocol that has no such question sends a ping with Action.Nonce;
	// one that has it may send both, or the question alone.
	Probe
	// Dead: give the link up. It is said once.
	Dead
)

// Action is what Poll wants done. Its zero value is nothing.
type Action struct {
	Kind    Kind
	Overdue bool          // of Dead: found early, by a probe
	Pings   int           // of Dead: pings and probes since the last inbound byte
	Nonce   uint64        // of Ping and Probe; never zero
	Silent  time.Duration // of Dead: the time since the last inbound byte
}

// Err returns the *DeadError that describes a Dead action, and nil for any other.
func (a Action) Err() error {
	if a.Kind != Dead {
		return nil
	}
	return &DeadError{Silent: a.Silent, Pings: a.Pings, Overdue: a.Overdue}
}

// Poll decides what is to be done at this instant. It is due at Next; calling it earlier is harmless.
// After it Next is later than now.
//
// A Poll that comes much later than it was due means that this process did not run: it was stopped, or the machine slept. The
// peer may have answered meanwhile, in bytes that nobody has read. Such a Poll never returns Dead: it pings
// and gives the peer as long to answer as any ping has (Timeout less Interval), in which the caller should read what is pending.
// Much is a second, or a quarter of that time if that is shorter, but no less than 10 ms. Each further late Poll in an unbroken silence
// doubles it, to at most half of that time, so that a machine whose timers are always late still comes to a verdict.
func (s *State) Poll(now time.Duration) Action {
	if !s.running {
		return Action{}
	}
	late := now-max(s.due, s.Next()) > s.tolerance()
	if s.heard > s.polled {
		s.graces = 0
	}
	s.polled = max(s.polled, now)
	s.settle()
	if late {
		s.graces = min(s.graces+1, 16)
		s.grace = now + s.cfg.answer()
	}
	var a Action
	switch {
	case now >= s.deadline():
		a = s.die(now)
	case now >= s.nextAsk(), late && s.mayRepeat(now):
		a = s.ask(now)
	}
	s.due = s.Next()
	return a
}

// Next returns the instant at which Poll is due, or Never. It moves later as the peer is heard, and earlier with Awaiting: a timer
// set for an earlier Next may be left alone, because Poll does nothing then.
func (s *State) Next() time.Duration {
	if !s.running {
		return Never
	}
	end := s.deadline()
	next := min(end, s.nextAsk())
	// A Poll shortly before the verdict makes sure that the process has been running, and reading, up to it.
	if end != Never {
		if eve := end - 2*s.leeway(); s.polled < eve {
			next = min(next, eve)
		}
	}
	return next
}

// open tells whether a ping or a probe is out and nothing has been heard since.
func (s *State) open() bool { return s.asks > 0 && !s.answered }

func (s *State) deadline() time.Duration {
	if !s.cfg.mortal() {
		return Never
	}
	end := s.heard + s.Interval() + s.cfg.answer()
	if s.probing && s.open() {
		end = min(end, s.began+s.patience())
	}
	return max(end, s.grace)
}

func (s *State) nextAsk() time.Duration {
	if s.cfg.mode() == Passive {
		return Never
	}
	var at time.Duration
	switch {
	case s.open():
		at = s.asked + s.repeat()
	case s.cfg.mode() == Active:
		at = s.asked + s.span
	default:
		at = s.heard + s.span
	}
	return max(min(at, s.nextProbe()), s.earliest())
}

// earliest is when the peer's limit permits the next ping.
func (s *State) earliest() time.Duration {
	if !s.pinged {
		return s.asked
	}
	return s.asked + s.floor
}

// mayRepeat tells whether an unanswered ping can be sent again before its time.
func (s *State) mayRepeat(now time.Duration) bool {
	return s.open() && s.cfg.mode() != Passive && now >= s.earliest()
}

func (s *State) nextProbe() time.Duration {
	after := s.cfg.probeAfter()
	if !s.waiting || after < 0 || s.probing && s.open() {
		return Never
	}
	since, shift := s.since, s.patient
	if s.probing { // answered, which the next settle will note
		since, shift = max(since, s.heard), shift+1
	}
	after = max(after, s.RTO())
	return since + max(after, min(after<<shift, s.span))
}

// patience is how long a probed peer may stay silent.
func (s *State) patience() time.Duration { return max(2*s.cfg.probeAfter(), 4*s.RTO()) }

// repeat is the wait before an unanswered ping is sent again: a tenth of the time in which an answer is due, so that
// ten in a row would have to be lost. The first wait covers what the path usually takes, as long as that is
// less than a quarter of the time: an answer to a ping that was sent once can be measured.
func (s *State) repeat() time.Duration {
	if !s.cfg.mortal() {
		return s.span
	}
	whole, backoff := s.cfg.answer(), s.backoff
	if s.probing && s.asked < s.began+s.patience() { // too little time to spend any of it on a measurement
		whole, backoff = min(whole, s.patience()), 0
	}
	wait := whole / 10
	if s.asks == 1 {
		wait = min(max(s.rtt.bound(), wait), whole/4) << backoff
		wait = min(wait, whole/2)
	}
	return min(wait, s.span)
}

// leeway is how late a Poll may come before the process must be taken for suspended.
func (s *State) leeway() time.Duration {
	return min(max(s.cfg.answer()/4, 10*time.Millisecond), time.Second)
}

func (s *State) tolerance() time.Duration {
	return max(s.leeway(), min(s.leeway()<<s.graces, s.cfg.answer()/2))
}

func (s *State) ask(now time.Duration) Action {
	a := Action{Kind: Ping}
	// The span bounds the wait for a probe as well: one that the new span makes due must not be left in the past.
	overdue := now >= s.nextProbe()
	s.jitter()
	if overdue || now >= s.nextProbe() {
		a.Kind = Probe
		s.probing, s.began = true, now
	} else if s.probing {
		a.Kind = Probe
	}
	if s.asks == 0 {
		s.idle = a.Kind == Ping && now-s.heard >= s.Interval()-s.Interval()/8
	}
	if s.open() && s.nonce != 0 {
		s.once = false
	} else {
		s.nonce, s.once = s.freshNonce(), true
	}
	s.asks = min(s.asks+1, 1<<15)
	s.answered, s.pinged = false, true
	s.asked = now
	a.Nonce = s.nonce
	return a
}

// settle closes a round of asking that has been answered.
func (s *State) settle() {
	if s.asks == 0 || !s.answered {
		return
	}
	if s.probing { // alive, though it has not reported
		s.since = max(s.since, s.heard)
		s.patient = min(s.patient+1, 6)
	}
	if s.idle {
		s.learn(s.asks == 1)
	}
	s.asks, s.probing, s.idle = 0, false, false
}

func (s *State) die(now time.Duration) Action {
	early := s.probing && s.open() && now < s.heard+s.Interval()+s.cfg.answer()
	a := Action{Kind: Dead, Silent: now - s.heard, Overdue: early}
	if s.open() {
		a.Pings = int(s.asks)
	}
	if s.idle {
		s.stepBack()
	}
	s.running = false
	return a
}
