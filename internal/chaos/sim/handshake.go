package main

import (
	"encoding/binary"
	"errors"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// redial opens a new link, whatever became of the last.
func (w *world) redial() {
	c := w.ends[client]
	if c.done {
		return
	}
	l := &link{n: len(w.links)}
	w.links = append(w.links, l)
	w.counts.Links++
	h := w.dialer.Hello()
	w.dial, l.attempt = l, h.Attempt
	w.trace("link %d: HELLO %d epoch %x at %d/%d", l.n, h.Attempt, h.Epoch, h.Received, h.Consumed)
	l.put(client, h.Append(nil))
}

func (w *world) token() (t wire.Token) {
	for i := 0; i < len(t); i += 8 {
		binary.BigEndian.PutUint64(t[i:], w.rng.Uint64()|1)
	}
	return t
}

func (w *world) serverHandshake(l *link, kind wire.Kind, body []byte) error {
	if kind != wire.KindHello {
		return wire.Errorf("kind %#x before HELLO", byte(kind))
	}
	h, err := wire.ParseHello(body)
	if err != nil {
		return err
	}
	refuse := func(code wire.RefuseCode) error {
		r := wire.Refuse{Code: code, Epoch: w.epoch}
		l.put(server, r.Append(nil))
		return errRefused
	}
	if h.Token.IsZero() {
		return w.serverBegin(l, &h)
	}
	if h.Epoch != w.epoch {
		return refuse(wire.RefuseEpoch)
	}
	key := session.KeyOf(h.Token)
	e := w.keys[key]
	if e == nil {
		return refuse(wire.RefuseUnknown)
	}
	next := w.token()
	_, issued := e.Keys()
	welcome, gen, err := e.Resume(&h, key, "", next)
	var tomb *session.Tomb
	switch {
	case errors.As(err, &tomb):
		l.put(server, tomb.Close.Append(nil))
		return errRefused
	case errors.Is(err, session.ErrUnknown):
		return refuse(wire.RefuseUnknown)
	case errors.Is(err, session.ErrStale):
		w.counts.Stale++
		return refuse(wire.RefuseStale)
	case err != nil:
		return err
	}
	confirmed, _ := e.Keys()
	if issued != confirmed {
		delete(w.keys, issued)
	}
	for k, held := range w.keys {
		if held == e && k != confirmed {
			delete(w.keys, k)
		}
	}
	w.keys[session.KeyOf(next)] = e
	welcome.Epoch, welcome.TTL = w.epoch, w.ttl
	w.counts.Resumes++
	w.open(l, server, e.Session, gen)
	w.trace("link %d: WELCOME to %d at %d/%d", l.n, h.Attempt, welcome.Received, welcome.Consumed)
	l.put(server, welcome.Append(nil))
	return nil
}

func (w *world) serverBegin(l *link, h *wire.Hello) error {
	if l != w.dial {
		// A late first HELLO begins a session that its client will never hear
		// of. It concerns nobody.
		return errRefused
	}
	w.lost[server] = ""
	srv := w.newEnd()
	token := w.token()
	e, welcome, gen, err := session.NewEntry(srv.s, wire.ID{1}, "", h, token)
	if err != nil {
		return err
	}
	w.ends[server], w.entry = srv, e
	clear(w.keys)
	w.keys[session.KeyOf(token)] = e
	welcome.Epoch, welcome.TTL = w.epoch, w.ttl
	w.open(l, server, srv.s, gen)
	w.trace("link %d: WELCOME, new session", l.n)
	l.put(server, welcome.Append(nil))
	return nil
}

func (w *world) clientHandshake(l *link, kind wire.Kind, body []byte) error {
	c := w.ends[client]
	switch kind {
	case wire.KindWelcome:
		welcome, err := wire.ParseWelcome(body)
		if err != nil {
			return err
		}
		gen, err := w.dialer.Welcome(l.attempt, &welcome)
		if err != nil {
			return err
		}
		w.trace("link %d: client attached at %d/%d", l.n, welcome.Received, welcome.Consumed)
		w.open(l, client, c.s, gen)
		return nil
	case wire.KindClose:
		if err := w.dialer.Closed(l.attempt, body); err != nil {
			return err
		}
		w.trace("client: the session had been closed")
		c.ended = true
		w.finish(client)
		return errRefused
	case wire.KindRefuse:
		r, err := wire.ParseRefuse(body)
		if err != nil {
			return err
		}
		if l == w.dial {
			w.refused(r.Code)
		}
		return errRefused
	}
	return wire.Errorf("kind %#x in answer to HELLO", byte(kind))
}

// refused checks that a refusal is due to what has really happened.
func (w *world) refused(code wire.RefuseCode) {
	switch code {
	case wire.RefuseEpoch, wire.RefuseUnknown:
		switch {
		case code == wire.RefuseUnknown && w.lost[server] == "":
			w.fail("client's session is unknown to a server that has not lost it")
		case w.ends[client].done:
		default:
			w.lose(client, "refused")
		}
	case wire.RefuseStale:
		// Overtaken: the newer link is the one to wait for.
	default:
		w.fail("refused with code %d", code)
	}
}

func (w *world) open(l *link, side int, s *session.Session, gen uint64) {
	le := &l.ends[side]
	le.open, le.gen, le.s = true, gen, s
	w.ends[side].linked = l
}
