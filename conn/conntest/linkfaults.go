package conntest

import "time"

// Stall makes direction d a black hole: from now on nothing arrives, neither
// bytes nor FIN nor a reset, and what arrived but was not read waits too.
// Writes go on until the buffer is full. Nothing is lost: see [Link.Heal].
func (l *Link) Stall(d Direction) {
	l.adjust(d, func(s *stream) { s.stalled = true })
}

// Heal ends a stall of direction d. What became due meanwhile arrives at once,
// complete and in order.
func (l *Link) Heal(d Direction) {
	l.adjust(d, func(s *stream) { s.stalled = false })
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	for _, e := range [2]*conn{l.client, l.server} {
		if e.closed {
			e.refuseUnread(now)
		}
	}
}

// SetLatency sets the time from a Write to the arrival of its bytes, for what
// is written from now on; zero or less means none. Bytes never overtake. What
// is under way counts against the buffer, so throughput is at most the
// buffer's size in each latency.
func (l *Link) SetLatency(d Direction, latency time.Duration) {
	l.adjust(d, func(s *stream) { s.latency = max(latency, 0) })
}

// SetSlice lets a Read return at most n bytes; zero or less means no limit.
func (l *Link) SetSlice(d Direction, n int) {
	l.adjust(d, func(s *stream) { s.slice = max(n, 0) })
}

// Cut ends the link now, even a stalled one in the case of RST. It reports
// false when the link had ended already. FIN waits for latency and stalls, as
// the bytes before it do.
func (l *Link) Cut(how Ending) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	if l.settle(now) || how == FIN && l.streams[0].sealed && l.streams[1].sealed {
		return false
	}
	l.cut(how, now)
	return true
}

// CutAfter ends the link as soon as exactly n more bytes have been read in
// direction d, which may be at any byte of a message; at once when n is zero
// or less. Bytes behind the n-th are lost with both endings. The latest call
// counts for each direction; with Both, each direction counts for itself.
func (l *Link) CutAfter(d Direction, n int64, how Ending) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.settle(now)
	for i := range d.ways() {
		s := &l.streams[i]
		s.cutSet, s.cutAt, s.cutHow = true, s.taken+max(n, 0), how
		l.cutIfReached(s, now)
	}
}

// cutIfReached carries out what CutAfter announced.
func (l *Link) cutIfReached(s *stream, now time.Time) {
	if !s.cutSet || s.taken < s.cutAt || l.over {
		return
	}
	s.cutSet = false
	if s.cutHow == FIN {
		s.drop()
		s.sealed, s.eof = true, true
	}
	l.cut(s.cutHow, now)
}

func (l *Link) cut(how Ending, now time.Time) {
	if how == FIN {
		for i := range l.streams {
			l.streams[i].seal(now)
			l.streams[i].ring()
		}
		l.settle(now)
		return
	}
	l.client.abort()
	l.server.abort()
	l.end()
}

// adjust changes the streams of d and wakes whoever waits for them.
func (l *Link) adjust(d Direction, change func(*stream)) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := time.Now()
	l.settle(now)
	for i := range d.ways() {
		change(&l.streams[i])
	}
	l.settle(now)
	for i := range l.streams {
		l.streams[i].ring()
	}
}
