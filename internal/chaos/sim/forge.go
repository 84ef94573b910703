package main

import (
	"errors"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// A forgery is a frame that the peer of an end with the given counts would not
// send: n chooses among its variants. It is harmless if it is to be ignored, and
// else the end of the session.
type forgery struct {
	name     string
	make     func(e *end, c session.Count, n uint64) (kind wire.Kind, body []byte, size int)
	harmless bool
	times    int // it takes so many of them; 0 for one
}

// none is what a forgery makes where it would be no forgery.
const none wire.Kind = 0

func frame(p []byte) (wire.Kind, []byte, int) { return wire.Kind(p[4]), p[wire.HeaderSize:], len(p) }

func ackOf(received, consumed, sent uint64) (wire.Kind, []byte, int) {
	return frame(wire.Ack{Received: received, Consumed: consumed, Sent: sent}.Append(nil))
}

func closeOf(final, consumed uint64) (wire.Kind, []byte, int) {
	return frame(wire.Close{Final: final, Consumed: consumed}.Append(nil))
}

func nothing() (wire.Kind, []byte, int) { return none, nil, 0 }

var forgeries = []forgery{
	{name: "ACK of what was not sent", make: func(_ *end, c session.Count, n uint64) (wire.Kind, []byte, int) {
		if beyond(c.Sent, n) {
			return nothing()
		}
		return ackOf(c.Sent+1+n, c.Acked, c.Received)
	}},
	{name: "ACK that has consumed more than received", make: func(_ *end, c session.Count, n uint64) (wire.Kind, []byte, int) {
		if beyond(c.PeerReceived, n) {
			return nothing()
		}
		return ackOf(c.PeerReceived, c.PeerReceived+1+n, c.Received)
	}},
	{name: "ACK whose sender has sent more than came", make: func(_ *end, c session.Count, n uint64) (wire.Kind, []byte, int) {
		return ackOf(c.PeerReceived, c.Acked, c.Received+1+n)
	}},
	{name: "ACK whose sender has sent less than came", make: func(_ *end, c session.Count, n uint64) (wire.Kind, []byte, int) {
		return ackOf(c.PeerReceived, c.Acked, c.Received-1-n)
	}},
	{name: "ACK that is repeated or behind", harmless: true, make: func(e *end, c session.Count, n uint64) (wire.Kind, []byte, int) {
		back := min(n, c.Acked-e.origin)
		return ackOf(c.Acked-back, c.Acked-back, c.Received)
	}},
	{name: "DATA beyond the window", make: func(e *end, c session.Count, n uint64) (wire.Kind, []byte, int) {
		open := c.Received - c.Told
		if open == 0 || e.window() < open {
			return nothing()
		}
		return wire.KindData, nil, int(e.window()-open+max(5, n)) + 1
	}},
	{name: "DATA beyond all positions", make: func(e *end, c session.Count, n uint64) (wire.Kind, []byte, int) {
		left := wire.Open - c.Received
		if left > 1<<20 {
			return nothing()
		}
		return wire.KindData, nil, int(left + n)
	}},
	{name: "DATA beyond final", make: func(e *end, c session.Count, n uint64) (wire.Kind, []byte, int) {
		if r := e.s.Remote(); r != nil {
			return wire.KindData, nil, int(r.Final-c.Received+n) + 5
		}
		return nothing()
	}},
	{name: "CLOSE behind what came", make: func(e *end, c session.Count, n uint64) (wire.Kind, []byte, int) {
		if c.Received == e.origin {
			return nothing()
		}
		return closeOf(c.Received-1-n%(c.Received-e.origin), wire.Open)
	}},
	{name: "CLOSE that raises final", make: func(e *end, _ session.Count, n uint64) (wire.Kind, []byte, int) {
		if r := e.s.Remote(); r != nil && !beyond(r.Final, n) {
			return closeOf(r.Final+1+n, wire.Open)
		}
		return nothing()
	}},
	{name: "CLOSE that has consumed what was not sent", make: func(_ *end, c session.Count, n uint64) (wire.Kind, []byte, int) {
		if beyond(c.Sent, n) {
			return nothing()
		}
		return closeOf(c.Received, c.Sent+1+n)
	}},
	{name: "frame of a kind to come", make: func(_ *end, _ session.Count, n uint64) (wire.Kind, []byte, int) {
		return wire.Kind(0x20 + n%0x60), nil, 5
	}},
	{name: "frame of an optional kind", harmless: true, make: func(_ *end, _ session.Count, n uint64) (wire.Kind, []byte, int) {
		return wire.KindOptional + wire.Kind(n%0x80), make([]byte, n%9), 5 + int(n%9)
	}},
	{name: "handshake on an open link", make: func(_ *end, _ session.Count, n uint64) (wire.Kind, []byte, int) {
		return wire.KindHello + wire.Kind(n%3), nil, 5
	}},
	{name: "body of the wrong length", make: func(_ *end, _ session.Count, n uint64) (wire.Kind, []byte, int) {
		kind := []wire.Kind{wire.KindAck, wire.KindAckReq, wire.KindPing, wire.KindClose}[n%4]
		return kind, make([]byte, 3), 8
	}},
	{name: "PONG that nobody asked for", harmless: true, make: func(_ *end, _ session.Count, n uint64) (wire.Kind, []byte, int) {
		return frame(wire.AppendNonce(nil, wire.KindPong, n))
	}},
	{name: "GOAWAY from a client", make: func(e *end, _ session.Count, _ uint64) (wire.Kind, []byte, int) {
		if e.side == client {
			return nothing()
		}
		return frame(wire.GoAway{}.Append(nil))
	}},
	{name: "flood of PING", times: 20, make: func(e *end, _ session.Count, n uint64) (wire.Kind, []byte, int) {
		if e.limits.MinPing == 0 {
			return nothing()
		}
		return frame(wire.AppendNonce(nil, wire.KindPing, n))
	}},
}

// beyond reports whether the n-th position behind at does not exist.
func beyond(at, n uint64) bool { return at >= wire.Open-1-n }

func (e *end) window() uint64 { return uint64(e.limits.Window) }

// forge has the peer of an end say what it must not.
func (w *world) forge(e *end, n int) {
	if e == nil || e.done || e.link == nil {
		return
	}
	l := e.link
	if len(l.ends[e.side].unread) > 0 || !l.ends[1-e.side].open {
		return // not within a frame, and not before the handshake is done
	}
	f := forgeries[n%len(forgeries)]
	before := e.s.Count()
	kind, body, size := f.make(e, before, uint64(n/len(forgeries)))
	if kind == none {
		return
	}
	w.note("%s gets a forged %s", e.name(), f.name)
	err := w.apply(l, e.side, kind, body, size)
	for n := 1; n < f.times && err == nil; n++ {
		err = w.apply(l, e.side, kind, body, size)
	}
	if after := e.s.Count(); after != before {
		w.fail("%s: %s: changed %+v to %+v", e.name(), f.name, before, after)
	}
	if f.harmless {
		w.meet(metHarmless)
		if err != nil {
			w.fail("%s: %s: %v", e.name(), f.name, err)
		}
		return
	}
	w.meet(metForged)
	if breach := new(wire.Error); !errors.As(err, &breach) {
		w.fail("%s: %s was not noticed: %v", e.name(), f.name, err)
	}
	w.violate(e)
}
