package heartbeat

import (
	"testing"
	"time"
)

func BenchmarkStateHeard(b *testing.B) {
	var s State
	s.Start(nil, 0, 1)
	now := time.Duration(0)
	for b.Loop() {
		now++
		s.Heard(now)
	}
}

// One round trip of a request and its report, with the look at Next that tells whether the timer has to move.
func BenchmarkStateAwaitingReported(b *testing.B) {
	var s State
	s.Start(nil, 0, 1)
	now, armed := time.Duration(0), s.Next()
	for b.Loop() {
		now += time.Microsecond
		if s.Awaiting(now) {
			if next := s.Next(); next < armed {
				armed = next
			}
		}
		s.Heard(now)
		s.Reported(now, false)
	}
}

func BenchmarkStatePoll(b *testing.B) {
	var s State
	s.Start(nil, 0, 1)
	b.ReportAllocs()
	for b.Loop() {
		now := s.Next()
		s.Pong(s.Poll(now).Nonce, now)
	}
}

func BenchmarkMonitorHeard(b *testing.B) {
	m := New(Config{}, nil, nil)
	defer m.Close()
	b.ReportAllocs()
	for b.Loop() {
		m.Heard()
	}
}

func BenchmarkMonitorNew(b *testing.B) {
	b.ReportAllocs()
	for b.Loop() {
		New(Config{}, nil, nil).Close()
	}
}
