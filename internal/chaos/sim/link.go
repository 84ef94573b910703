package main

import (
	"bytes"
	"errors"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// link is one connection: two directions of bytes in flight.
type link struct {
	n       int
	ends    [2]linkEnd
	dead    bool   // nothing more gets in
	attempt uint64 // of the HELLO that opened it
}

// linkEnd is what one end knows of a link, and the bytes on the way to it.
type linkEnd struct {
	gen     uint64
	open    bool     // the handshake is done
	gone    bool     // this end has given it up
	inbound []byte   // in flight to this end
	unread  []byte   // arrived, not yet a whole frame
	writing [][]byte // given to a write that is under way; aliases the outbox
	given   []byte   // a copy of what is left of it, from when it was given
	s       *session.Session
}

// cut lets keep bytes of each direction arrive and loses the rest. The ends do
// not know yet.
func (l *link) cut(w *world, keep int) {
	if l.dead {
		return
	}
	w.counts.Cuts++
	l.dead = true
	for i := range l.ends {
		e := &l.ends[i]
		e.inbound = e.inbound[:min(len(e.inbound), keep)]
	}
}

// put gives bytes to the network.
func (l *link) put(from int, p []byte) {
	if !l.dead {
		l.ends[1-from].inbound = append(l.ends[1-from].inbound, p...)
	}
}

// write takes the next step of the link's writer at one end: begin a write, or
// let the kernel copy n bytes of the one under way.
func (w *world) write(l *link, side, n int) bool {
	le := &l.ends[side]
	if len(le.writing) == 0 {
		if le.gone || !le.open {
			return false
		}
		_, bufs := le.s.Next(le.gen, nil, nil, 1+w.rng.IntN(200))
		le.writing, le.given = bufs, bytes.Join(bufs, nil)
		return len(bufs) > 0
	}
	for len(le.writing) > 0 && n > 0 {
		p := le.writing[0]
		k := min(n, len(p))
		if !bytes.Equal(p[:k], le.given[:k]) {
			w.fail("%s: memory changed under a write", sideName(side))
		}
		le.given = le.given[k:]
		l.put(side, p[:k])
		n -= k
		if le.writing[0] = p[k:]; len(le.writing[0]) == 0 {
			le.writing = le.writing[1:]
		}
	}
	if len(le.writing) == 0 {
		le.s.Wrote()
	}
	return true
}

// abandon ends a write that the dead link will never finish.
func (le *linkEnd) abandon() {
	if len(le.writing) > 0 {
		le.writing = nil
		le.s.Wrote()
	}
}

// deliver lets n bytes in flight arrive at one end, which applies them.
func (w *world) deliver(l *link, side, n int) bool {
	le := &l.ends[side]
	n = min(n, len(le.inbound))
	if n == 0 || le.gone {
		return false
	}
	le.unread = append(le.unread, le.inbound[:n]...)
	le.inbound = le.inbound[n:]
	for !le.gone {
		kind, body, size, ok, err := wire.Cut(le.unread, w.limits.MaxMessage)
		w.check(err, side, "framing")
		if err != nil || !ok {
			break
		}
		frame := append([]byte(nil), body...)
		le.unread = le.unread[size:]
		if err := w.apply(l, side, kind, frame, size); err != nil {
			w.check(err, side, "applying a frame")
			w.trace("link %d: %s gives up: %v", l.n, sideName(side), err)
			w.giveUp(l, side)
		}
	}
	return true
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
	e := w.ends[side]
	if e.s != le.s {
		return session.ErrFenced
	}
	if side == server {
		if key, ok := w.entry.Confirm(le.gen); ok {
			delete(w.keys, key)
		}
	}
	if kind == wire.KindData {
		discard, err := le.s.Data(le.gen, size, w.now)
		if err == nil && !discard {
			e.inbox = append(e.inbox, message{body, size})
		}
		return err
	}
	ev, _, err := le.s.Control(le.gen, kind, body, w.now)
	if err == nil && ev == session.EventClosed {
		w.settle(side)
	}
	return err
}

// giveUp is an end's decision that a link is dead.
func (w *world) giveUp(l *link, side int) {
	le := &l.ends[side]
	if le.gone {
		return
	}
	le.gone = true
	l.cut(w, len(l.ends[1-side].inbound))
	if le.s == nil || !le.open {
		return
	}
	if side == client {
		le.s.Detach(le.gen)
		return
	}
	if w.entry != nil && w.entry.Session == le.s && w.entry.Detach(le.gen, w.now) {
		w.expiries = append(w.expiries, expiry{w.entry, le.gen})
	}
}

var errRefused = errors.New("refused")
