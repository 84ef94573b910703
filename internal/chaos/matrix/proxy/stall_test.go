package proxy

import (
	"sync"
	"testing"
	"time"
)

// stalls is when this process did not run as it should, as on a machine that has too
// much to do: what was measured then is not the library's doing.
type stalls struct {
	mu   sync.Mutex
	late []stall
}

type stall struct {
	from, to time.Time
}

// watchStalls watches for the rest of a test.
func watchStalls(t *testing.T) *stalls {
	const every, tolerated = 10 * time.Millisecond, time.Millisecond
	s := new(stalls)
	tick := time.NewTicker(every)
	done, over := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(over)
		for last := time.Now(); ; {
			select {
			case <-tick.C:
			case <-done:
				return
			}
			now := time.Now()
			if now.Sub(last) > every+tolerated {
				s.mu.Lock()
				s.late = append(s.late, stall{last.Add(every), now})
				s.mu.Unlock()
			}
			last = now
		}
	}()
	t.Cleanup(func() {
		tick.Stop()
		close(done)
		<-over
	})
	return s
}

// excuse is for how much of the time from one instant to another the process did not
// run.
func (s *stalls) excuse(from, to time.Time) (sum time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, l := range s.late {
		if l.from.Before(from) {
			l.from = from
		}
		if l.to.After(to) {
			l.to = to
		}
		sum += max(0, l.to.Sub(l.from))
	}
	return sum
}
