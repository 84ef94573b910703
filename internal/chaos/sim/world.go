package main

import (
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// The two ends of a session.
const (
	client = 0
	server = 1
)

// world is one session, the links that it has had, and an adversary's power
// over both. Everything in it follows from the seed.
type world struct {
	rng    *rand.Rand
	now    time.Duration
	links  []*link
	limits session.Limits
	ttl    time.Duration

	ends   [2]*end
	dialer *session.Client
	dial   *link // the link of the newest HELLO

	entry    *session.Entry
	keys     map[session.Key]*session.Entry
	epoch    uint64
	expiries []expiry

	lost   [2]string // why an end's session was lost, "" if it was not
	failed error
	trace  func(format string, args ...any)
	counts counts
}

type expiry struct {
	entry *session.Entry
	gen   uint64
}

// counts tell what a run has met, so that a summary can show that the
// adversary was busy.
type counts struct {
	Steps, Links, Resumes, Cuts, Delivered, Stale, Closed, Lost, Restarts int
}

// end is the shell around one session: an application that sends and receives
// numbered messages, and the inbox between it and the links.
type end struct {
	s         *session.Session
	accepted  [][]byte // every message whose send was accepted
	delivered int      // how many the peer's application was handed
	consumed  int      // how many it was done with
	inbox     []message
	hand      *message // what the application works on
	done      bool     // this end is over
	ended     bool     // in good order
	acked     uint64
	linked    *link
}

type message struct {
	body []byte
	size int
}

func newWorld(seed uint64, trace func(string, ...any)) *world {
	w := &world{
		rng:   rand.New(rand.NewPCG(seed, 0x10a9)),
		now:   time.Second,
		keys:  map[session.Key]*session.Entry{},
		trace: trace,
	}
	if w.trace == nil {
		w.trace = func(string, ...any) {}
	}
	w.limits = session.Limits{
		Window:     []int{64, 100, 256, 1024}[w.rng.IntN(4)],
		SendBuffer: []int{64, 200, 600}[w.rng.IntN(3)],
		MaxMessage: []int{30, 59, 64, 150}[w.rng.IntN(4)],
	}
	w.ttl = 10 * time.Second
	w.epoch = w.rng.Uint64() | 1
	w.ends[client] = w.newEnd()
	w.ends[server] = nil
	w.dialer = session.NewClient(w.ends[client].s)
	return w
}

func (w *world) newEnd() *end {
	return &end{s: session.New(w.limits, &freeList{})}
}

// fail records the first violation.
func (w *world) fail(format string, args ...any) {
	if w.failed == nil {
		w.failed = fmt.Errorf(format, args...)
		w.trace("FAIL %v", w.failed)
	}
}

// now and then the process of the server dies and another takes its place.
func (w *world) restart() {
	w.counts.Restarts++
	w.trace("restart")
	w.epoch = w.rng.Uint64() | 1
	w.entry, w.expiries = nil, nil
	clear(w.keys)
	for _, l := range w.links {
		l.cut(w, 0)
		l.ends[server].gone = true
	}
	if e := w.ends[server]; e != nil && !e.done {
		e.done = true
		w.lost[server] = "crash"
	}
}

// protocolError ends the run: honest ends never see one.
func (w *world) check(err error, side int, what string) {
	if _, bad := err.(*wire.Error); bad {
		w.fail("%s end, %s: %v", sideName(side), what, err)
	}
}

func sideName(side int) string { return [...]string{"client", "server"}[side] }

// freeList is an allocator that hands the last chunk back first, so that
// memory given back too early is at once in use again.
type freeList struct{ free [][]byte }

const chunkSize = 128

func (f *freeList) Get(n int) []byte {
	if k := len(f.free); k > 0 && n <= chunkSize {
		b := f.free[k-1]
		f.free = f.free[:k-1]
		return b[:0]
	}
	return make([]byte, 0, max(n, chunkSize))
}

func (f *freeList) Put(b []byte) {
	if cap(b) == chunkSize {
		b = b[:chunkSize]
		for i := range b {
			b[i] = 0xdb
		}
		f.free = append(f.free, b)
	}
}
