package main

import (
	"errors"
	"sync/atomic"
	"time"
)

// A sink is the receiving end of a stream from several senders.
type sink struct {
	run atomic.Pointer[run]
}

// A run is one stream. The counts belong to the goroutine that receives.
type run struct {
	senders []checker
	n       uint64
	broken  uint64
	open    int // senders whose last message has not come
	ended   chan Tally
}

// expect makes the sink ready for a stream.
func (s *sink) expect(senders int) {
	s.run.Store(&run{senders: make([]checker, senders), open: senders, ended: make(chan Tally, 1)})
}

var errUnexpected = errors.New("no stream was announced")

// take counts a message.
func (s *sink) take(msg []byte) error {
	r := s.run.Load()
	if r == nil {
		return errUnexpected
	}
	h, ok := parse(msg)
	if !ok || int(h.source) >= len(r.senders) {
		r.broken++
		return nil
	}
	r.n++
	if r.senders[h.source].take(h.seq) && h.last {
		if r.open--; r.open == 0 {
			r.ended <- r.tally()
		}
	}
	return nil
}

func (r *run) tally() Tally {
	t := Tally{Messages: r.n, Faults: Faults{Broken: r.broken}}
	for i := range r.senders {
		t.Faults.add(r.senders[i].faults)
	}
	return t
}

// await waits for the end of the stream. A peer that loses it is not waited for
// for ever.
func (s *sink) await() Tally {
	select {
	case t := <-s.run.Load().ended:
		return t
	case <-time.After(patience / 6):
		return Tally{Err: "the end of the stream has not come"}
	}
}
