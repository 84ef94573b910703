package main

import (
	"fmt"
	"time"

	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/internal/session"
)

// The two ends of a session.
const (
	client = 0
	server = 1
)

func sideName(side int) string { return [...]string{"client", "server"}[side] }

func ms(n int) time.Duration { return time.Duration(n) * time.Millisecond }

// world is one server, its clients, the links that there have been, and the
// power of an adversary over all of them. Everything in it follows from the
// schedule: it draws nothing at random.
type world struct {
	setup  Setup
	watch  *heartbeat.Config
	now    time.Duration
	slots  []*slot
	server process
	ends   []*end // all that there ever were
	batch0 []shared

	healed  bool // the adversary's power is over
	serial  uint64
	hole    [2]bool // links that come are stalled towards this side
	flowing bool    // what is not stalled flows, so that nothing dies of silence
	failed  error
	met     tally
	hash    uint64
	trace   func(format string, args ...any)
}

// slot is the place of one client: a process, after which comes another.
type slot struct {
	n      int
	client *end
	links  []*link
}

func newWorld(setup Setup, trace func(string, ...any)) *world {
	w := &world{
		setup: setup,
		now:   time.Second,
		hash:  0xcbf29ce484222325,
		trace: trace,
		watch: &heartbeat.Config{Interval: -1},
	}
	if setup.Beat > 0 {
		beat := setup.Beat.duration()
		w.watch = &heartbeat.Config{Interval: beat, Timeout: time.Duration(setup.Dead) * beat, ProbeAfter: beat}
	}
	w.boot()
	for n := range setup.Clients {
		w.slots = append(w.slots, &slot{n: n})
	}
	return w
}

// begin starts a client's process.
func (w *world) begin(s *slot) {
	s.client = w.newEnd(client, s.n)
	s.client.dialer = session.NewClient(s.client.s)
	w.dial(s)
}

// end is that of the slot's present session, nil if the server has none.
func (s *slot) end(side int) *end {
	switch {
	case side == client:
		return s.client
	case s.client.peer != nil:
		return s.client.peer
	}
	return s.client.begun
}

// link is one of the slot's links, counted back from the newest.
func (s *slot) link(back int) *link { return s.links[max(0, len(s.links)-1-back)] }

// next is a number that has not been used, for whatever must be unique.
func (w *world) next() uint64 {
	w.serial++
	z := w.serial * 0x9e3779b97f4a7c15
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31 | 1
}

// mix adds to the fingerprint of all that has happened.
func (w *world) mix(x uint64) { w.hash = (w.hash ^ x) * 0x100000001b3 }

// meet counts an event.
func (w *world) meet(e event) {
	w.met[e]++
	w.mix(uint64(e) + 1)
}

// note says what happens, to whoever listens.
func (w *world) note(format string, args ...any) {
	if w.trace != nil {
		w.trace("%8v  %s", w.now-time.Second, fmt.Sprintf(format, args...))
	}
}

// fail records the first violation.
func (w *world) fail(format string, args ...any) {
	if w.failed == nil {
		w.failed = fmt.Errorf(format, args...)
		w.note("FAIL %v", w.failed)
	}
}
