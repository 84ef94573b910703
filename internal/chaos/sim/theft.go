package main

import (
	"errors"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// A theft is a HELLO with which a stranger, or a client that breaks the
// protocol, tries to get hold of a session. It returns the identity that it
// comes with.
type theft struct {
	name   string
	make   func(e *end, h *wire.Hello, n uint64) (who string, ok bool)
	breach bool // it is the client itself, and the end of the session
}

var thefts = []theft{
	{name: "another's token", make: func(e *end, h *wire.Hello, n uint64) (string, bool) {
		return identity(1 - e.slot), true
	}},
	{name: "a guessed token", make: func(e *end, h *wire.Hello, n uint64) (string, bool) {
		h.Token[n%wire.TokenSize] ^= 1 << (n % 8)
		return identity(e.slot), true
	}},
	{name: "a token of another epoch", make: func(e *end, h *wire.Hello, n uint64) (string, bool) {
		h.Epoch ^= 1 << (n % 64)
		return identity(e.slot), true
	}},
	{name: "a token that was replaced", make: func(e *end, h *wire.Hello, n uint64) (string, bool) {
		i := int(n % uint64(len(e.tokens)))
		h.Token = e.tokens[i]
		return identity(e.slot), i != e.proven && i != len(e.tokens)-1
	}},
	{name: "an attempt that was", make: func(e *end, h *wire.Hello, n uint64) (string, bool) {
		h.Attempt = e.attempt - n%2
		return identity(e.slot), true
	}},
	{name: "more received than was sent", breach: true, make: func(e *end, h *wire.Hello, n uint64) (string, bool) {
		high := e.s.Count().High
		h.Received = high + 1 + n
		return identity(e.slot), !beyond(high, n)
	}},
	{name: "less received than was said", breach: true, make: func(e *end, h *wire.Hello, n uint64) (string, bool) {
		c := e.s.Count()
		if c.PeerReceived == e.origin {
			return "", false
		}
		h.Received = c.PeerReceived - 1 - n%(c.PeerReceived-e.origin)
		h.Consumed = min(h.Consumed, h.Received)
		return identity(e.slot), true
	}},
	{name: "less consumed than was said", breach: true, make: func(e *end, h *wire.Hello, n uint64) (string, bool) {
		c := e.s.Count()
		if c.Acked == e.origin || e.s.Remote() != nil {
			return "", false
		}
		h.Consumed = c.Acked - 1 - n%(c.Acked-e.origin)
		return identity(e.slot), true
	}},
	{name: "a smaller window", breach: true, make: func(e *end, h *wire.Hello, n uint64) (string, bool) {
		h.Window -= 1 + uint32(n)%h.Window
		return identity(e.slot), true
	}},
	{name: "a shorter message", breach: true, make: func(e *end, h *wire.Hello, n uint64) (string, bool) {
		if h.MaxMessage == 0 {
			return "", false
		}
		h.MaxMessage -= 1 + uint32(n)%h.MaxMessage
		return identity(e.slot), true
	}},
}

// steal has somebody try to resume a session that has no claim to it.
func (w *world) steal(s *slot, n int) {
	e := s.client.peer
	if e == nil || e.done || !e.entry.Resumable() {
		return
	}
	t := thefts[n%len(thefts)]
	h := w.claim(e)
	who, ok := t.make(e, &h, uint64(n/len(thefts)))
	if !ok {
		return
	}
	w.note("%s is claimed with %s", e.name(), t.name)
	l := &link{n: -1, slot: s} // nobody replays this HELLO
	w.reset(l, client)
	before := fingerprintOf(e)
	_, err := w.answer(l, &h, who)
	if !t.breach {
		w.meet(metThief)
		if err != errRefused || fingerprintOf(e) != before {
			w.fail("%s: was taken with %s: %v", e.name(), t.name, err)
		}
		return
	}
	w.meet(metForged)
	if breach := new(wire.Error); !errors.As(err, &breach) {
		w.fail("%s: %s was not noticed: %v", e.name(), t.name, err)
	}
}

// claim is what the client of a server's end would say, if it knew the newest
// token that resumes the session.
func (w *world) claim(e *end) wire.Hello {
	c := e.peer.s.Count()
	h := wire.Hello{
		Epoch: w.server.epoch, Attempt: e.attempt + 1, Received: c.Received, Consumed: c.Consumed,
		Window: uint32(e.peer.limits.Window), MaxMessage: uint32(e.peer.limits.MaxMessage),
	}
	h.Token = e.tokens[len(e.tokens)-1]
	return h
}

// fingerprint is what a theft must not change.
type fingerprint struct {
	count              session.Count
	gen                uint64
	attached           bool
	confirmed, issued  session.Key
	link               *link
	unclosed, resumabl bool
}

func fingerprintOf(e *end) fingerprint {
	f := fingerprint{count: e.s.Count(), link: e.link, unclosed: e.s.Local() == nil, resumabl: e.entry.Resumable()}
	f.gen, f.attached = e.s.Generation()
	f.confirmed, f.issued = e.entry.Keys()
	return f
}
