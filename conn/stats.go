package conn

import "time"

// Stats is what a connection has done, and where it stands.
type Stats struct {
	Sent      uint64        // messages accepted
	Received  uint64        // messages that have arrived
	Links     uint64        // links so far
	Replayed  uint64        // messages that went over the wire once more, for a link that was cut
	Connected bool          // there is a link
	Unacked   int           // bytes accepted and not acknowledged, headers included
	Unsent    int           // bytes of them that are not on the present link yet
	Unread    int           // messages that wait for Receive
	RTT       time.Duration // smoothed round-trip time, 0 before the first measurement
	Interval  time.Duration // of the heartbeat, as adapted
}

// counters are covered by the Conn's lock.
type counters struct {
	sent, received, links, replayed uint64
}

// Stats returns a consistent snapshot.
func (c *Conn) Stats() Stats {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.s.Count()
	return Stats{
		Sent:      c.stats.sent,
		Received:  c.stats.received,
		Links:     c.stats.links,
		Replayed:  c.stats.replayed,
		Connected: c.link != nil && !c.ended,
		Unacked:   int(n.Queued - n.Acked),
		Unsent:    int(n.Queued - n.Sent),
		Unread:    c.inbox.unread,
		RTT:       c.hb.RTT(),
		Interval:  c.hb.Interval(),
	}
}
