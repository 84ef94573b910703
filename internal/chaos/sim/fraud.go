package main

import (
	"errors"

	"github.com/longsplice/longsplice/internal/wire"
)

// A fraud is an answer to a HELLO that no server gives: n chooses among its
// variants. It makes w, which is a good answer, a bad one, and reports whether
// it can.
type fraud struct {
	name string
	make func(c *end, w *wire.Welcome, n uint64) bool
}

var frauds = []fraud{
	{"of another session", func(_ *end, w *wire.Welcome, n uint64) bool {
		w.ID[n%16] ^= 1 << (n % 8)
		return true
	}},
	{"of another epoch", func(_ *end, w *wire.Welcome, n uint64) bool {
		w.Epoch ^= 1 << (n % 64)
		return true
	}},
	{"that begins a session", func(_ *end, w *wire.Welcome, _ uint64) bool {
		w.Resumed = false
		return true
	}},
	{"that has received what was not sent", func(c *end, w *wire.Welcome, n uint64) bool {
		high := c.s.Count().High
		w.Received = high + 1 + n
		return !beyond(high, n)
	}},
	{"that has received less than it had", func(c *end, w *wire.Welcome, n uint64) bool {
		if w.Received == c.origin {
			return false
		}
		w.Received -= 1 + n%(w.Received-c.origin)
		w.Consumed = min(w.Consumed, w.Received)
		return true
	}},
	{"that has consumed less than it had", func(c *end, w *wire.Welcome, n uint64) bool {
		if w.Consumed == c.origin || c.s.Remote() != nil {
			return false
		}
		w.Consumed -= 1 + n%(w.Consumed-c.origin)
		return true
	}},
	{"with a smaller window", func(_ *end, w *wire.Welcome, n uint64) bool {
		w.Window -= 1 + uint32(n)%w.Window
		return true
	}},
}

// cheat has somebody who is not the server answer a client's HELLO.
func (w *world) cheat(s *slot, n int) {
	c, l := s.client, s.client.newest
	if c.done || c.peer == nil || l.ends[client].open || l.ends[client].gone {
		return
	}
	before := c.s.Count()
	welcome := wire.Welcome{
		Resumed: true, ID: c.peer.entry.ID, Epoch: c.peer.epoch, Received: before.PeerReceived, Consumed: before.Acked,
		Window: uint32(c.peer.limits.Window), MaxMessage: uint32(c.peer.limits.MaxMessage), Token: w.token(),
	}
	f := frauds[n%len(frauds)]
	if !f.make(c, &welcome, uint64(n/len(frauds))) {
		return
	}
	w.note("%s gets a WELCOME %s", c.name(), f.name)
	w.meet(metFraud)
	_, err := c.dialer.Welcome(l.attempt, &welcome)
	if breach := new(wire.Error); !errors.As(err, &breach) {
		w.fail("%s: a WELCOME %s was not noticed: %v", c.name(), f.name, err)
	}
	if after := c.s.Count(); after != before {
		w.fail("%s: a WELCOME %s changed %+v to %+v", c.name(), f.name, before, after)
	}
	w.over(c, "protocol")
}
