package faultproxy

import "time"

// Cut ends all links, silent connections and dials under way, and returns how
// many links there were. With RST they are over when it returns.
func (p *Proxy) Cut(how Ending) int { return p.cutAll(how, true) }

func (p *Proxy) cutAll(how Ending, counted bool) int {
	p.mu.Lock()
	p.cuts++
	for c := range p.silent {
		abort(c)
	}
	p.mu.Unlock()
	links, cut := p.Links(), 0
	for _, l := range links {
		if l.cut(how, counted) {
			cut++
		}
	}
	for _, l := range links {
		if how == RST {
			l.wait()
		}
	}
	return cut
}

// Stall stops forwarding in direction d on all present and future links: see
// [Link.Stall].
func (p *Proxy) Stall(d Direction) {
	p.adjust(d, func(s *shape) { s.stalled = true })
}

// Heal ends a stall of direction d on all links, including those that were
// stalled alone.
func (p *Proxy) Heal(d Direction) {
	p.adjust(d, func(s *shape) { s.stalled = false })
}

// SetDelay delays bytes on all present and future links: see [Link.SetDelay].
func (p *Proxy) SetDelay(d Direction, delay, jitter time.Duration) {
	p.adjust(d, func(s *shape) { s.delay, s.jitter = delay, jitter })
}

// SetSlice limits the size of writes on all present and future links: see
// [Link.SetSlice].
func (p *Proxy) SetSlice(d Direction, n int) {
	p.adjust(d, func(s *shape) { s.slice = n })
}

// SetCoalesce gathers writes on all present and future links: see
// [Link.SetCoalesce].
func (p *Proxy) SetCoalesce(d Direction, window time.Duration) {
	p.adjust(d, func(s *shape) { s.window = window })
}

// SetBandwidth limits the rate on all present and future links: see
// [Link.SetBandwidth].
func (p *Proxy) SetBandwidth(d Direction, bytesPerSecond int) {
	p.adjust(d, func(s *shape) { s.rate = bytesPerSecond })
}

// adjust changes what new links inherit and then what the present ones have.
// A link that joins in between inherits the change already.
func (p *Proxy) adjust(d Direction, change func(*shape)) {
	p.mu.Lock()
	for i := range d.ways() {
		change(&p.shapes[i])
	}
	p.mu.Unlock()
	for _, l := range p.Links() {
		l.adjust(d, func(p *pump) { change(&p.shape) })
	}
}
