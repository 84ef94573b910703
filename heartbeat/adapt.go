package heartbeat

import "time"

// How Adaptive learns. The numbers follow the practice of mobile clients: several proofs for a longer interval, few for a shorter.
const (
	adaptSteps   = 8 // from the least to the greatest interval
	growAfter    = 3 // idle intervals survived in a row, at first
	shrinkAfter  = 2 // idle intervals in a row whose first ping was missed; a dead link counts at once
	greatCaution = 4 // step backs that count: each doubles growAfter, so that the interval settles
)

func (s *State) learn(survived bool) {
	if s.cfg.mode() != Adaptive {
		return
	}
	if !survived {
		s.streak = 0
		if s.misses++; s.misses >= shrinkAfter {
			s.stepBack()
		}
		return
	}
	s.misses = 0
	if s.streak++; s.streak >= growAfter<<s.caution {
		s.step(+1)
	}
}

func (s *State) stepBack() {
	if s.cfg.mode() != Adaptive {
		return
	}
	s.caution = min(s.caution+1, greatCaution)
	s.step(-1)
}

func (s *State) step(by time.Duration) {
	least, most := s.cfg.bounds()
	s.every = min(max(s.every+by*(most-least)/adaptSteps, least), most)
	s.streak, s.misses = 0, 0
	s.jitter()
}
