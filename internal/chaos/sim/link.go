package main

import (
	"bytes"
	"errors"
	"time"

	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// link is one connection: two directions of bytes in flight.
type link struct {
	n       int
	slot    *slot
	owner   *end // the client's end that dialled it
	ends    [2]linkEnd
	dead    bool   // nothing more gets in
	attempt uint64 // of the HELLO that opened it
	hello   []byte
	born    time.Duration
}

// linkEnd is what one end knows of a link, and the bytes on the way to it.
type linkEnd struct {
	e       *end // whose session is, or was, on the link
	gen     uint64
	open    bool     // the handshake is done
	gone    bool     // this end has given it up
	stalled bool     // nothing arrives at this end
	eof     bool     // nothing comes behind what is in flight
	inbound []byte   // in flight to this end
	unread  []byte   // arrived, not yet a whole frame
	writing [][]byte // given to a write that is under way; aliases the outbox
	given   []byte   // a copy of what is left of it, from when it was given

	unpinned bool // the write is of bytes that do not belong to the outbox
}

// socket is how many bytes a link holds that are written and have not arrived.
const socket = 2 << 10

// cut lets keep bytes of each direction arrive and loses the rest. The ends do
// not know yet.
func (w *world) cut(l *link, keep int) {
	if l.dead {
		return
	}
	l.dead = true
	for i := range l.ends {
		le := &l.ends[i]
		le.inbound = le.inbound[:min(len(le.inbound), keep)]
	}
}

// fin ends the direction towards one end.
func (w *world) fin(l *link, side int) { l.ends[side].eof = true }

// put gives bytes to the network.
func (l *link) put(from int, p []byte) {
	if to := &l.ends[1-from]; !l.dead && !to.eof && !to.gone {
		to.inbound = append(to.inbound, p...)
	}
}

// write takes the next step of the link's writer at one end: begin a write, or
// let the link take n bytes of the one under way.
func (w *world) write(l *link, side, n int) bool {
	le := &l.ends[side]
	if len(le.writing) == 0 {
		if le.gone || !le.open {
			return false
		}
		return w.beginWrite(le)
	}
	if to := &l.ends[1-side]; !l.dead && !to.gone {
		n = min(n, socket-len(to.inbound))
	}
	if n <= 0 {
		return false
	}
	for len(le.writing) > 0 && n > 0 {
		p := le.writing[0]
		k := min(n, len(p))
		if !bytes.Equal(p[:k], le.given[:k]) {
			w.fail("%s: memory changed under a write", le.e.name())
		}
		le.given = le.given[k:]
		l.put(side, p[:k])
		n -= k
		if le.writing[0] = p[k:]; len(le.writing[0]) == 0 {
			le.writing = le.writing[1:]
		}
	}
	if len(le.writing) == 0 {
		w.wrote(l, side)
	} else if le.e.link != l {
		w.meet(metStuck)
	}
	return true
}

func (w *world) beginWrite(le *linkEnd) bool {
	pending := le.e.s.Pending(le.gen)
	_, bufs := le.e.s.Next(le.gen, nil, le.writing[:0], w.setup.Budget)
	le.writing, le.given = bufs, le.given[:0]
	if pending != (len(bufs) > 0) { // a shell would not have asked, or ask for ever
		w.fail("%s: says %t of whether there is something to write", le.e.name(), pending)
	}
	if len(bufs) == 0 {
		return false
	}
	data := false
	for _, p := range bufs {
		data = data || wire.Kind(p[4]) == wire.KindData
		le.given = append(le.given, p...)
	}
	if c := le.e.s.Count(); !data && c.Sent < c.Queued {
		w.meet(metWindow)
	}
	w.mix(uint64(len(le.given)))
	return true
}

// wrote ends a write.
func (w *world) wrote(l *link, side int) {
	le := &l.ends[side]
	le.writing = le.writing[:0]
	if !le.unpinned {
		le.e.s.Wrote()
	}
	le.unpinned = false
	if le.e.link == l && le.e.s.Unreported() {
		le.e.hb.Awaiting(w.now)
	}
}

// abandon ends a write that the dead link will never finish.
func (w *world) abandon(l *link, side int) {
	if le := &l.ends[side]; le.gone && len(le.writing) > 0 {
		w.wrote(l, side)
	}
}

// stall makes a black hole of one direction, on one link or on all.
func (w *world) stall(l *link, side int, all bool) {
	if !all {
		l.ends[side].stalled = true
		return
	}
	w.hole[side] = true
	for _, s := range w.slots {
		for _, l := range s.links {
			l.ends[side].stalled = true
		}
	}
}

// unstall mends all links in one direction.
func (w *world) unstall(side int) {
	w.hole[side] = false
	for _, s := range w.slots {
		for _, l := range s.links {
			l.ends[side].stalled = false
		}
	}
}

// deliver lets n bytes in flight arrive at one end, which applies them.
func (w *world) deliver(l *link, side, n int) bool {
	le := &l.ends[side]
	n = min(n, len(le.inbound))
	if n == 0 || le.gone || le.stalled {
		return false
	}
	le.unread = append(le.unread, le.inbound[:n]...)
	le.inbound = le.inbound[n:]
	if e := le.e; e != nil && e.link == l {
		e.hb.Heard(w.now)
	}
	for !le.gone {
		kind, body, size, ok, err := wire.Cut(le.unread, w.setup.Limits[side].Message)
		if err != nil || !ok {
			w.honest(err, side, "framing")
			break
		}
		le.unread = le.unread[size:]
		if err := w.apply(l, side, kind, body, size); err != nil {
			w.honest(err, side, "applying a frame")
			w.giveUp(l, side)
		}
	}
	return true
}

// honest fails if an end accuses the other of a breach: neither commits any.
func (w *world) honest(err error, side int, what string) {
	if breach := new(wire.Error); errors.As(err, &breach) {
		w.fail("%s, %s: %v", sideName(side), what, breach)
	}
}

// apply is what a shell does with a frame.
func (w *world) apply(l *link, side int, kind wire.Kind, body []byte, size int) error {
	le := &l.ends[side]
	if !le.open {
		if side == server {
			return w.serverHandshake(l, kind, body)
		}
		return w.clientHandshake(l, kind, body)
	}
	e := le.e
	if e.done {
		return session.ErrFenced
	}
	if side == server {
		w.confirm(e, le.gen)
	}
	var err error
	if kind == wire.KindData {
		var discard bool
		if discard, err = e.s.Data(le.gen, size, w.now); err == nil && !discard {
			w.keep(e, message{body, size})
		}
	} else {
		err = w.control(e, le.gen, kind, body)
	}
	switch {
	case err == session.ErrFenced:
		w.meet(metFenced)
	case err == nil && e.link != l:
		w.fail("%s: a frame of link %d was applied after the link had been replaced", e.name(), l.n)
	}
	return err
}

// keep puts a message into the inbox.
func (w *world) keep(e *end, m message) {
	if e.closing || e.closedFully() {
		w.fail("%s: a message was kept after CLOSE", e.name())
	}
	if m.size > w.setup.Limits[e.side].Window {
		w.meet(metHuge)
	}
	e.inbox = append(e.inbox, m)
	e.held += m.size
}

func (w *world) control(e *end, gen uint64, kind wire.Kind, body []byte) error {
	ev, nonce, err := e.s.Control(gen, kind, body, w.now)
	if err != nil {
		return err
	}
	switch ev {
	case session.EventPong:
		e.hb.Pong(nonce, w.now)
	case session.EventAcked:
		e.hb.Reported(w.now, e.s.Unreported())
	case session.EventGoAway:
		if e.side == server {
			return wire.Errorf("GOAWAY from a client")
		}
		w.meet(metDrained)
		e.s.CloseSend(0, "")
	case session.EventClosed:
		w.settle(e)
	}
	return nil
}

// open puts a session on a link whose handshake is done, and has said where the
// peer stands.
func (w *world) open(l *link, e *end, gen, received, consumed uint64) {
	le := &l.ends[e.side]
	if c := e.s.Count(); c.Sent != received || c.PeerReceived != received || c.Acked < consumed {
		w.fail("%s: the peer has received %d and consumed %d, and is taken to be at %+v", e.name(), received, consumed, c)
	}
	le.open, le.gen, le.e = true, gen, e
	e.link = l
	e.hb.Start(w.watch, w.now, w.next())
	if e.side == client {
		e.hb.LimitPings(w.setup.MinPing.duration())
	}
	if e.s.Unreported() {
		e.hb.Awaiting(w.now)
	}
	if e.s.Replay() > 0 {
		w.meet(metReplayed)
	}
}

// giveUp is an end's decision that a link is dead. It is also what happens to
// a link in the end, and then takes nothing from its successor.
func (w *world) giveUp(l *link, side int) {
	le := &l.ends[side]
	if le.gone {
		return
	}
	le.gone = true
	w.cut(l, len(l.ends[1-side].inbound))
	e := le.e
	if e == nil {
		return
	}
	mine := e.link == l
	if mine {
		w.detached(e)
	}
	if w.coreDetach(e, le.gen) != (mine && !e.done) && !e.done {
		w.fail("%s: the end of link %d took the session from another", e.name(), l.n)
	}
}

// detached is what the shell notes when a session has lost its link.
func (w *world) detached(e *end) {
	e.link = nil
	e.hb.Stop()
	e.detachedAt = w.now
}

// coreDetach tells the core, which knows by itself whether it is concerned.
func (w *world) coreDetach(e *end, gen uint64) bool {
	if e.side == client {
		return e.s.Detach(gen)
	}
	lost := e.entry.Detach(gen, w.now)
	if ttl := w.setup.TTL.duration(); e.entry.Expire(gen, w.now+ttl-1, ttl) {
		w.fail("%s: expired before its time", e.name())
	}
	if lost {
		w.server.expiries = append(w.server.expiries, expiry{e, gen, w.now + w.setup.TTL.duration()})
	}
	return lost
}

// poll asks the heartbeat of an end what it makes of the link.
func (w *world) poll(e *end) {
	switch a := e.hb.Poll(w.now); a.Kind {
	case heartbeat.Ping:
		e.s.Ping(a.Nonce)
	case heartbeat.Probe:
		e.s.Probe()
		e.s.Ping(a.Nonce)
	case heartbeat.Dead:
		w.meet(metDead)
		l := e.link
		w.note("link %d: %s takes it for dead: %v", l.n, e.name(), a.Err())
		if w.flowing && w.healthy(l) {
			w.fail("%s: a link that works was taken for dead: %v", e.name(), a.Err())
		}
		w.giveUp(l, e.side)
	}
}

// healthy reports whether both ends use a link and nothing is wrong with it.
func (w *world) healthy(l *link) bool {
	for i := range l.ends {
		if le := &l.ends[i]; le.gone || le.stalled || le.eof || !le.open || le.e.link != l {
			return false
		}
	}
	return !l.dead
}
