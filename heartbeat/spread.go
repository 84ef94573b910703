package heartbeat

import (
	"math/bits"
	"time"
)

// random is SplitMix64: one word of state, and even neighbouring seeds diverge at once.
func (s *State) random() uint64 {
	s.rng += 0x9e3779b97f4a7c15
	z := s.rng
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

// upTo draws a duration in [0, d).
func (s *State) upTo(d time.Duration) time.Duration {
	high, _ := bits.Mul64(s.random(), uint64(d))
	return time.Duration(high)
}

// spread draws the wait before the first ping: a fleet that reconnects at once must not ping at once.
func (s *State) spread() {
	every := s.Interval()
	s.span = every - s.upTo(every/2)
}

// jitter draws the wait before each later ping. It only ever shortens, so that Timeout is kept.
func (s *State) jitter() {
	every := s.Interval()
	s.span = every - s.upTo(every/16)
}

// freshNonce never returns 0, which stands for none.
func (s *State) freshNonce() uint64 { return max(s.random(), 1) }
