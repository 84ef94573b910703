package main

import "sync"

// A stream is what one client says in one place: numbered messages, of which
// some are excused from arriving, because the server has said so. Its methods
// may be called concurrently.
type stream struct {
	mu      sync.Mutex // covers all below
	sent    uint64     // messages 0 to sent-1 have been accepted, or are being offered
	excused map[uint64]struct{}
}

// take begins the next message. There is one sender at a time.
func (s *stream) take() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent++
	return s.sent - 1
}

// untake takes the newest message back: it was not accepted.
func (s *stream) untake() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sent--
}

func (s *stream) has(seq uint64) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return seq < s.sent
}

func (s *stream) count() uint64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.sent
}

// excuse notes that a message may be missing.
func (s *stream) excuse(seq uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.excused == nil {
		s.excused = map[uint64]struct{}{}
	}
	s.excused[seq] = struct{}{}
}

// A ledger is a receiver's account of a stream. It belongs to one goroutine.
type ledger struct {
	next    uint64              // above the highest that has arrived
	missing map[uint64]struct{} // below it
}

// A verdict is what the arrival of a message means.
type verdict int

const (
	inOrder   verdict = iota
	reordered         // after one that was sent later
	doubled           // once more
)

func (l *ledger) arrived(seq uint64) verdict {
	if seq >= l.next {
		for ; l.next < seq; l.next++ {
			if l.missing == nil {
				l.missing = map[uint64]struct{}{}
			}
			l.missing[l.next] = struct{}{}
		}
		l.next++
		return inOrder
	}
	if _, ok := l.missing[seq]; !ok {
		return doubled
	}
	delete(l.missing, seq)
	return reordered
}

// lost is how many messages have not arrived and are not excused.
func (l *ledger) lost(s *stream) (n uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l.next < s.sent {
		n = s.sent - l.next
	}
	n += uint64(len(l.missing))
	for seq := range s.excused {
		if _, missing := l.missing[seq]; missing || seq >= l.next && seq < s.sent {
			n--
		}
	}
	return n
}

// abandon excuses all that has not arrived, and returns how many messages that
// concerns.
func (l *ledger) abandon(s *stream) (n uint64) {
	n = l.lost(s)
	for seq := range l.missing {
		s.excuse(seq)
	}
	for seq := l.next; seq < s.count(); seq++ {
		s.excuse(seq)
	}
	return n
}
