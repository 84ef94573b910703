package main

import (
	"time"

	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// end is one end of a session: the core, the shell around it, and an
// application that sends and receives.
type end struct {
	side int
	slot int
	s    *session.Session
	peer *end // once the client has been welcomed
	link *link
	hb   heartbeat.State

	dialer *session.Client // of a client
	begun  *end            // the last session that the server began for it
	newest *link           // the one that its last HELLO went out on
	retry  time.Duration   // it does not dial before

	entry   *session.Entry // of a server's end
	seat    *seat
	tokens  []wire.Token // that it has given out
	proven  int          // the newest of them that the client is known to have
	attempt uint64       // the newest that it has granted
	epoch   uint64

	key        uint64   // of what its application sends
	accepted   [][]byte // all that it was allowed to send
	flushes    []flush
	got, used  int // of the peer's messages: handed to the application, consumed by it
	inbox      []message
	held       int // bytes in inbox and hand
	hand       message
	holding    bool // there is one in hand
	closing    bool // nobody receives any more
	detachedAt time.Duration

	limits  session.Limits
	origin  uint64 // where its positions begin
	acked   uint64 // as of the last look
	done    bool
	crashed bool // its process died and says nothing more
	told    bool // it ended on a link that works, so that the peer knows
	verdict verdict
}

type message struct {
	body []byte
	size int
}

// flush is an application that waits until all that it had sent by then is
// consumed.
type flush struct {
	target uint64
	count  int
}

// verdict is what an end says of its messages when it is over.
type verdict struct {
	why                        string // it was lost, "" if it was not
	sure, unknown, undelivered int
}

func (w *world) newEnd(side, slot int) *end {
	l := w.setup.Limits[side]
	limits := session.Limits{Window: l.Window, SendBuffer: l.Buffer, MaxMessage: l.Message}
	if side == server {
		limits.MinPing = w.setup.MinPing.duration()
	}
	e := &end{side: side, slot: slot, limits: limits, key: w.next(), detachedAt: w.now}
	e.s = session.New(limits, &freeList{})
	if w.setup.Edge > 0 {
		e.origin = ^w.setup.Edge
		e.s.Preset(e.origin, e.origin)
		e.acked = e.origin
	}
	w.ends = append(w.ends, e)
	return e
}

func (e *end) name() string {
	if e.side == client {
		return [...]string{"client0", "client1"}[e.slot]
	}
	return [...]string{"server0", "server1"}[e.slot]
}

// closedFully reports whether this end has said that it consumes no more.
func (e *end) closedFully() bool {
	l := e.s.Local()
	return l != nil && l.Consumed != wire.Open
}

// over ends an end: why is the reason for which the session is lost, or "" if
// both ends had closed.
func (w *world) over(e *end, why string) {
	if e.done {
		w.fail("%s: ends twice, %q and %q", e.name(), e.verdict.why, why)
		return
	}
	w.note("%s ends: %s", e.name(), why)
	e.done, e.told = true, w.healed && e.link != nil && w.healthy(e.link)
	undelivered, unknown := e.s.Loss()
	e.verdict = verdict{
		why: why, unknown: len(unknown), undelivered: len(undelivered),
		sure: len(e.accepted) - len(unknown) - len(undelivered),
	}
	if why != "" {
		w.meet(metLost)
	}
	w.checkReport(e, unknown, undelivered)
	if e.side == server {
		w.bury(e)
	}
	if e.link != nil {
		w.giveUp(e.link, e.side)
	}
}

// finish ends an end whose session is over in good order, once that is so.
func (w *world) finish(e *end) {
	if e.done {
		return
	}
	switch {
	case e.s.Ended():
		// A CLOSE that is still being written is not yet said.
		if e.link != nil && len(e.link.ends[e.side].writing) > 0 {
			return
		}
	case e.link != nil || !e.closedFully() || !e.s.PeerDone():
		return
	case e.side == client && w.now-e.detachedAt < answerTime:
		return
	}
	w.over(e, "")
}

// answerTime is how long a client that has closed, as the server has, goes on
// trying to say so.
const answerTime = 5 * time.Second

func (w *world) finishAll() {
	for _, e := range w.ends {
		if !e.done {
			w.finish(e)
		}
	}
}

// violate ends a session whose peer broke the protocol.
func (w *world) violate(e *end) {
	w.drop(e, true)
	e.s.Abort(2, "violation")
	w.lastWords(e)
	w.over(e, "protocol")
}

// lastWords has the link take all that an end still has to say.
func (w *world) lastWords(e *end) {
	l := e.link
	if l == nil {
		return
	}
	for range 4 {
		w.write(l, e.side, 1<<20)
	}
}

// drop forgets what was received. The message in hand counts as consumed if the
// application was at work on it.
func (w *world) drop(e *end, consume bool) {
	if consume {
		w.release(e)
	}
	e.holding = false
	e.inbox, e.held = nil, 0
	e.closing = true
}
