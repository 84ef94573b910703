package conntest

import "time"

// defaultBuffer is what one direction of a link holds, unless configured.
const defaultBuffer = 64 << 10

// A stream is one direction of a link: a bounded queue of bytes, each of which
// arrives at a time of its own. It has no goroutine and no lock; the link's
// mutex guards it, and what is due is settled by whoever looks at it next.
//
// Positions count bytes since the link began: taken ≤ arrived ≤ written.
type stream struct {
	bell

	limit   int           // most bytes between taken and written
	latency time.Duration // from Write to arrival
	slice   int           // most bytes a Read returns; 0: no limit
	stalled bool          // nothing arrives, and nothing that arrived can be read

	buf     []byte // bytes [taken, written)
	taken   int64
	arrived int64
	written int64
	due     []arrival // not yet arrived, ordered by time

	writing bool // a Write is under way; further ones wait their turn
	sealed  bool // no more is accepted: FIN is under way or was delivered
	broken  bool // the reader is known to be gone
	eof     bool // FIN has arrived

	cutSet bool // the link ends when taken reaches cutAt
	cutAt  int64
	cutHow Ending
}

// An arrival is something that reaches the reader at a certain time.
type arrival struct {
	at       time.Time
	upTo     int64 // bytes up to this position have arrived
	fin, rst bool
}

// put appends as much of p as the buffer has room for.
func (s *stream) put(p []byte, now time.Time) int {
	n := min(len(p), s.limit-len(s.buf))
	if n <= 0 {
		return 0
	}
	s.buf = append(s.buf, p[:n]...)
	s.written += int64(n)
	if s.latency <= 0 && len(s.due) == 0 && !s.stalled {
		s.arrived = s.written
	} else {
		s.schedule(arrival{at: now.Add(s.latency), upTo: s.written})
	}
	return n
}

// schedule queues a behind what is under way: latency may shrink, order stays.
func (s *stream) schedule(a arrival) {
	if k := len(s.due); k > 0 {
		last := &s.due[k-1]
		if a.at.Before(last.at) {
			a.at = last.at
		}
		if a.at.Equal(last.at) && !last.fin && !last.rst && !a.fin && !a.rst {
			last.upTo = a.upTo
			return
		}
	}
	s.due = append(s.due, a)
}

// seal sends FIN behind what was written, the given time from now.
func (s *stream) seal(at time.Time) {
	if !s.sealed {
		s.sealed = true
		s.schedule(arrival{at: at, upTo: s.written, fin: true})
	}
}

// settle lets everything arrive that is due, and reports whether a reset did.
func (s *stream) settle(now time.Time) (reset bool) {
	if s.stalled {
		return false
	}
	done := 0
	for _, a := range s.due {
		if a.at.After(now) {
			break
		}
		done++
		s.arrived = max(s.arrived, min(a.upTo, s.taken+int64(len(s.buf)))) // some may be lost
		s.eof = s.eof || a.fin
		if a.rst {
			reset = true
			break
		}
	}
	if done > 0 {
		s.due = append(s.due[:0], s.due[done:]...)
		s.ring()
	}
	return reset
}

// next is the time of the next arrival, or zero when none is under way.
func (s *stream) next() time.Time {
	if s.stalled || len(s.due) == 0 {
		return time.Time{}
	}
	return s.due[0].at
}

// take moves what may be read now into p.
func (s *stream) take(p []byte) int {
	n := min(int64(len(p)), s.arrived-s.taken)
	if s.slice > 0 {
		n = min(n, int64(s.slice))
	}
	if s.cutSet {
		n = min(n, s.cutAt-s.taken)
	}
	if s.stalled || n <= 0 {
		return 0
	}
	copy(p, s.buf[:n])
	s.taken += n
	if int(n) == len(s.buf) {
		s.buf = s.buf[:0]
	} else {
		s.buf = s.buf[n:]
	}
	s.ring()
	return int(n)
}

// drop loses every byte that was not yet read.
func (s *stream) drop() {
	s.buf, s.due = nil, nil
	s.arrived = s.taken
	s.ring()
}
