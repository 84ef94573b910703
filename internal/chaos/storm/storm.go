// Package storm lets a faulty in-memory network rage for a while, for tests of
// whatever is connected by it. What it does follows from a seed; inside a
// testing/synctest bubble, its time is virtual and it deals one blow at an instant.
//
//	s := storm.New(seed)
//	net := conntest.New(&conntest.Config{OnLink: s.OnLink})
//	…
//	s.Rage(net, 5*time.Second)
//	s.Calm(net)
package storm

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/longsplice/longsplice/conn/conntest"
)

// Storm is a series of faults.
type Storm struct {
	fury int // of four

	mu   sync.Mutex // covers what follows
	rng  *rand.Rand
	calm bool
}

// New draws a storm from a seed: some are worse than others.
func New(seed uint64) *Storm {
	rng := rand.New(rand.NewPCG(seed, 0x570a))
	return &Storm{rng: rng, fury: 1 + rng.IntN(4)}
}

// draw is a number below n.
func (s *Storm) draw(n int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.rng.IntN(n)
}

// below is a number that is small more often than not.
func (s *Storm) below(n int) int { return s.draw(1 + s.draw(n)) }

func (s *Storm) way() conntest.Direction { return conntest.Direction(1 + s.draw(3)) }

func (s *Storm) ending() conntest.Ending { return conntest.Ending(s.draw(2)) }

// OnLink decides how a new link will end by itself, if it will: at a byte, which
// may be within its handshake.
func (s *Storm) OnLink(l *conntest.Link) {
	s.mu.Lock()
	calm := s.calm
	s.mu.Unlock()
	if calm || s.draw(4) >= s.fury {
		return
	}
	l.CutAfter(s.way(), int64(s.below(4000)), s.ending())
	if s.draw(4) == 0 {
		l.SetSlice(s.way(), 1+s.below(40))
	}
}

// Rage deals blows for as long as that.
func (s *Storm) Rage(net *conntest.Network, d time.Duration) {
	if s.draw(2) == 0 { // what takes time can be cut while it does
		net.SetLatency(conntest.Both, time.Duration(s.below(30))*time.Millisecond)
	}
	for end := time.Now().Add(d); time.Now().Before(end); {
		time.Sleep(time.Duration(1+s.below(2000/s.fury)) * time.Millisecond)
		s.blow(net)
	}
}

func (s *Storm) blow(net *conntest.Network) {
	switch s.draw(14) {
	case 0, 1:
		net.Cut(s.ending())
	case 2:
		net.Stall(s.way())
	case 3, 4, 5:
		net.Heal(s.way())
	case 6:
		net.SetLatency(s.way(), time.Duration(s.below(200))*time.Millisecond)
	case 7:
		net.HangDials(s.draw(2) == 0)
	case 8:
		net.Refuse(s.draw(2) == 0)
	default:
		if links := net.Links(); len(links) > 0 {
			s.strike(links[s.draw(len(links))])
		}
	}
}

// strike is a blow to one link alone.
func (s *Storm) strike(l *conntest.Link) {
	switch s.draw(4) {
	case 0:
		l.Cut(s.ending())
	case 1, 2:
		l.Stall(s.way()) // whoever notices first dials while the other still has it
	case 3:
		l.CutAfter(s.way(), int64(s.below(500)), s.ending())
	}
}

// Calm ends the storm: all that can flow does, and no link ends by itself.
func (s *Storm) Calm(net *conntest.Network) {
	s.mu.Lock()
	s.calm = true
	s.mu.Unlock()
	net.SetLatency(conntest.Both, 0)
	net.SetSlice(conntest.Both, 0)
	net.HangDials(false)
	net.Refuse(false)
	net.Heal(conntest.Both)
	for _, l := range net.Links() {
		l.CutAfter(conntest.Both, 1<<60, conntest.RST)
	}
}
