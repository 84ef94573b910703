package room

import "time"

// Settle takes the answers to a step. Those of members who have left meanwhile
// count, too, where something was taken.
func (r *Room[T, H]) Settle(s *Step[T, H], now time.Duration) {
	if broken == RuleServedNeed {
		r.serving = nil
	}
	for i, m := range s.Members {
		switch v := s.Answers[i]; {
		case v == Taken && (m.place != nowhere || broken != RuleTakenLeft):
			r.taken(s, m)
		case m.place == nowhere:
		case v == Busy:
			r.counts.Refused++
			m.halve(s)
			if r.setAside(s, m); m.ready && broken != RuleReadyEarly {
				r.enqueue(m)
			} else {
				r.wait(m)
			}
		case v == TooLarge:
			r.tooLarge(s, m, now)
		case v == Unoffered:
			r.setAside(s, m)
			r.wait(m)
		default:
			r.remove(m, now)
		}
	}
	r.serving, r.stepping = nil, false // only now: until then they count as behind
	r.disconnect(now)
}

func (r *Room[T, H]) taken(s *Step[T, H], m *Member[T, H]) {
	m.most = 0
	switch s.told {
	case Joined:
		if m.joins = false; broken != RuleAware {
			m.aware = s.end
		}
	case Gap:
		r.counts.Gaps++
		m.gap, m.aware = false, s.end
		m.since = max(m.since, s.lost+1)
		m.cursor, m.next = s.to, s.next
	default:
		r.counts.Delivered += uint64(s.payload)
		m.cursor, m.next = s.to, s.next
	}
	switch {
	case m.place == nowhere:
	case s.alone:
		r.enqueue(m)
	default:
		r.min = min(r.min, s.to)
	}
}

// setAside takes m from where it was while it was served.
func (r *Room[T, H]) setAside(s *Step[T, H], m *Member[T, H]) {
	if !s.alone {
		r.deactivate(m)
	}
}

// tooLarge has m served in smaller pieces. What cannot be smaller is missing;
// if that cannot be told either, the membership ends.
func (r *Room[T, H]) tooLarge(s *Step[T, H], m *Member[T, H], now time.Duration) {
	switch {
	case s.entries > 1:
		if r.setAside(s, m); broken != RuleSmallerPieces {
			m.halve(s)
		}
		r.enqueue(m)
	case s.told != 0 || !r.cfg.Tells:
		r.end(m, now)
	default:
		r.setAside(s, m)
		m.cursor, m.gap, m.most = s.to, broken != RuleTooLargeIsGap, 0
		r.enqueue(m)
	}
}

// halve has less offered the next time.
func (m *Member[T, H]) halve(s *Step[T, H]) {
	if s.entries > 1 {
		m.most = max(s.size/2, 1)
	}
}
