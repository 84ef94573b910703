package conntest

import (
	"slices"
	"time"
)

// Links returns the links that are not over, in the order in which they were made.
func (n *Network) Links() []*Link {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.sweep()
	return slices.Clone(n.links)
}

// Stall makes direction d a black hole for all present and future links, as
// [Link.Stall] does, and makes dials hang: a handshake needs both directions.
func (n *Network) Stall(d Direction) {
	n.adjust(d, func(w *way) { w.stalled = true }, func(l *Link) { l.Stall(d) })
}

// Heal ends a stall of direction d for all links, including those that were
// stalled alone, and lets dials proceed.
func (n *Network) Heal(d Direction) {
	n.adjust(d, func(w *way) { w.stalled = false }, func(l *Link) { l.Heal(d) })
}

// SetLatency sets the latency of all present and future links: see
// [Link.SetLatency].
func (n *Network) SetLatency(d Direction, latency time.Duration) {
	n.adjust(d, func(w *way) { w.latency = max(latency, 0) }, func(l *Link) { l.SetLatency(d, latency) })
}

// SetSlice sets the most bytes of a Read for all present and future links: see
// [Link.SetSlice].
func (n *Network) SetSlice(d Direction, size int) {
	n.adjust(d, func(w *way) { w.slice = max(size, 0) }, func(l *Link) { l.SetSlice(d, size) })
}

// Cut ends all present links and returns how many there were.
func (n *Network) Cut(how Ending) int {
	cut := 0
	for _, l := range n.Links() {
		if l.Cut(how) {
			cut++
		}
	}
	return cut
}

// Refuse makes new dials fail as if nobody listened, until called with false.
// Links and listeners stay.
func (n *Network) Refuse(refuse bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.refusing = refuse
}

// HangDials makes new dials wait until their context ends or until called with
// false. Links stay.
func (n *Network) HangDials(hang bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.hanging = hang
	n.ring()
}

// Close closes all listeners, resets all links and refuses what comes later.
// It always returns nil.
func (n *Network) Close() error {
	n.mu.Lock()
	n.closed = true
	n.ring()
	var all []*listener
	for _, l := range n.listeners {
		all = append(all, l)
	}
	n.mu.Unlock()
	for _, l := range all {
		_ = l.Close()
	}
	n.Cut(RST)
	return nil
}

// adjust changes what new links inherit, and then the present links. Both
// happen under the network's lock, so that no link is missed in between.
func (n *Network) adjust(d Direction, inherit func(*way), apply func(*Link)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := range d.ways() {
		inherit(&n.ways[i])
	}
	n.sweep()
	for _, l := range n.links {
		apply(l)
	}
	n.ring()
}
