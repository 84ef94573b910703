package main

import "sync"

// A pace keeps the two directions in step: no sender is further ahead of what
// has arrived from the other than the lead. Without it the faster direction
// could be through while cuts still wait for bytes of it.
type pace struct {
	lead int64

	mu      sync.Mutex
	changed sync.Cond
	sent    [2]int64
	arrived [2]int64
	over    bool
}

func newPace(lead int64) *pace {
	p := &pace{lead: lead}
	p.changed.L = &p.mu
	return p
}

// A stride is one direction's part in a pace.
type stride struct {
	pace *pace
	own  int
}

func (p *pace) stride(d direction) stride {
	if d == toServer {
		return stride{p, 0}
	}
	return stride{p, 1}
}

// before waits until the direction may send n further bytes.
func (s stride) before(n int) {
	p := s.pace
	p.mu.Lock()
	defer p.mu.Unlock()
	for !p.over && p.sent[s.own] > p.arrived[1-s.own]+p.lead {
		p.changed.Wait()
	}
	p.sent[s.own] += int64(n)
}

// after notes that n bytes of the direction have arrived.
func (s stride) after(n int) {
	s.pace.mu.Lock()
	defer s.pace.mu.Unlock()
	s.pace.arrived[s.own] += int64(n)
	s.pace.changed.Broadcast()
}

// end lets everyone go: one direction sends no more.
func (p *pace) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	p.changed.Broadcast()
}
