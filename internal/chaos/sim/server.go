package main

import (
	"encoding/binary"
	"errors"
	"time"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// process is the server's: its sessions by the keys that resume them, as the
// registry of package conn has them.
type process struct {
	epoch    uint64
	draining bool
	seats    map[session.Key]*seat
	tombs    []*seat
	expiries []expiry
}

// seat is a session's place in it.
type seat struct {
	e         *end
	entry     *session.Entry
	keys      [2]session.Key
	until     time.Duration // of a tombstone
	forgotten bool
}

// expiry is the timer of a session that lost the link of generation gen.
type expiry struct {
	e   *end
	gen uint64
	at  time.Duration
}

func (w *world) boot() { w.server = process{epoch: w.next(), seats: map[session.Key]*seat{}} }

// restart kills the server's process without a word.
func (w *world) restart() {
	w.meet(metRestarted)
	w.note("restart")
	w.boot()
	for _, s := range w.slots {
		for _, l := range s.links {
			w.reset(l, server)
		}
	}
	for _, e := range w.ends {
		if e.side == server {
			e.die()
		}
	}
}

// reset is what the kernel does to a link of a process that died.
func (w *world) reset(l *link, side int) {
	w.cut(l, 0)
	l.ends[side].gone = true
}

// die ends an end with its process. It has nothing to say any more.
func (e *end) die() {
	e.link, e.closing = nil, true
	if !e.done {
		e.done, e.crashed, e.verdict.why = true, true, "crash"
	}
}

func identity(slot int) string { return [...]string{"ada", "eve"}[slot] }

func (w *world) token() (t wire.Token) {
	for i := 0; i < len(t); i += 8 {
		binary.BigEndian.PutUint64(t[i:], w.next())
	}
	return t
}

var errRefused = errors.New("refused")

func (w *world) serverHandshake(l *link, kind wire.Kind, body []byte) error {
	if kind != wire.KindHello {
		return wire.Errorf("kind %#x before HELLO", byte(kind))
	}
	h, err := wire.ParseHello(body)
	if err != nil {
		return err
	}
	answer, err := w.answer(l, &h, identity(l.slot.n))
	l.put(server, answer)
	return err
}

// answer is what the server says to a HELLO. Where there is no link the sender
// is a stranger.
func (w *world) answer(l *link, h *wire.Hello, who string) ([]byte, error) {
	refuse := func(code wire.RefuseCode) ([]byte, error) {
		return (&wire.Refuse{Code: code, Epoch: w.server.epoch}).Append(nil), errRefused
	}
	if h.Token.IsZero() {
		if w.server.draining {
			return refuse(wire.RefuseGoingAway)
		}
		return w.create(l, h, who)
	}
	if h.Epoch != w.server.epoch {
		return refuse(wire.RefuseEpoch)
	}
	key := session.KeyOf(h.Token)
	s := w.server.seats[key]
	if s == nil {
		return refuse(wire.RefuseUnknown)
	}
	next := w.token()
	welcome, gen, err := s.entry.Resume(h, key, who, next)
	var tomb *session.Tomb
	switch {
	case errors.As(err, &tomb):
		w.meet(metTomb)
		return tomb.Close.Append(nil), errRefused
	case errors.Is(err, session.ErrUnknown):
		return refuse(wire.RefuseUnknown)
	case errors.Is(err, session.ErrStale):
		w.meet(metStale)
		return refuse(wire.RefuseStale)
	case err != nil:
		if !s.e.done {
			w.violate(s.e)
		}
		return nil, err
	}
	w.meet(metResumed)
	w.rekey(s)
	if last := len(s.e.tokens) - 1; h.Token == s.e.tokens[last] {
		s.e.proven = last
	}
	return w.welcome(l, s.e, h, &welcome, gen), nil
}

// create begins a session.
func (w *world) create(l *link, h *wire.Hello, who string) ([]byte, error) {
	e := w.newEnd(server, l.slot.n)
	token := w.token()
	var id wire.ID
	binary.BigEndian.PutUint64(id[:], e.key)
	entry, welcome, gen, err := session.NewEntry(e.s, id, who, h, token)
	if err != nil {
		return nil, err
	}
	e.entry, e.epoch = entry, w.server.epoch
	e.seat = &seat{e: e, entry: entry}
	w.rekey(e.seat)
	if c := l.slot.client; l == c.newest && c.peer == nil {
		c.begun = e
	} else {
		w.meet(metOrphan)
	}
	return w.welcome(l, e, h, &welcome, gen), nil
}

func (w *world) welcome(l *link, e *end, h *wire.Hello, welcome *wire.Welcome, gen uint64) []byte {
	if old := e.link; old != nil {
		w.detached(e)
	}
	w.open(l, e, gen, h.Received, h.Consumed)
	if w.server.draining {
		e.s.AskToLeave(wire.GoAway{})
	}
	e.tokens = append(e.tokens, welcome.Token)
	e.attempt = h.Attempt
	welcome.Epoch, welcome.TTL = w.server.epoch, w.setup.TTL.duration()
	w.note("link %d: %s says WELCOME at %d/%d", l.n, e.name(), welcome.Received, welcome.Consumed)
	return welcome.Append(nil)
}

// rekey makes the keys that the entry knows those that find it.
func (w *world) rekey(s *seat) {
	for _, k := range s.keys {
		if w.server.seats[k] == s {
			delete(w.server.seats, k)
		}
	}
	confirmed, issued := s.entry.Keys()
	s.keys = [2]session.Key{confirmed, issued}
	for _, k := range s.keys {
		if k != (session.Key{}) {
			w.server.seats[k] = s
		}
	}
}

// confirm takes note that a frame came on the link of generation gen.
func (w *world) confirm(e *end, gen uint64) {
	if key, ok := e.entry.Confirm(gen); ok && w.server.seats[key] == e.seat {
		delete(w.server.seats, key)
	}
	if e.link != nil && gen == e.link.ends[server].gen {
		e.proven = len(e.tokens) - 1
	}
}

// bury leaves of a session what a client that missed its end has to be told.
func (w *world) bury(e *end) {
	s := e.seat
	e.entry.Bury()
	s.entry = e.entry.Remains()
	if !s.entry.Buried() {
		w.forget(s)
		s.forgotten = !e.closedFully() // one that has closed is to be remembered
		return
	}
	s.until = w.now + w.setup.TTL.duration()
	w.server.tombs = append(w.server.tombs, s)
}

func (w *world) forget(s *seat) {
	s.forgotten = true
	for _, k := range s.keys {
		if w.server.seats[k] == s {
			delete(w.server.seats, k)
		}
	}
}

// expire fires the timer of a link that was lost.
func (w *world) expire(x expiry) {
	if x.e.done {
		return
	}
	gen, attached := x.e.s.Generation()
	inUse := attached || gen != x.gen
	if inUse {
		w.meet(metTooLate)
	}
	if x.e.entry.Expire(x.gen, w.now, w.setup.TTL.duration()) {
		if inUse {
			w.fail("%s: expired on account of a link that had been replaced", x.e.name())
		}
		w.meet(metExpired)
		w.over(x.e, "expired")
	}
}

// expireNext lets time pass up to the very instant at which a timer is due.
func (w *world) expireNext(n int) {
	if k := len(w.server.expiries); k > 0 {
		x := w.server.expiries[n%k]
		w.server.expiries = append(w.server.expiries[:n%k], w.server.expiries[n%k+1:]...)
		w.now = max(w.now, x.at)
		w.expire(x)
	}
}

// evict ends a session that waits for its client.
func (w *world) evict(e *end) {
	if e != nil && e.side == server && !e.done && e.link == nil {
		w.meet(metEvicted)
		w.over(e, "evicted")
	}
}

// drain asks all clients to leave, and takes no more sessions.
func (w *world) drain() {
	w.server.draining = true
	for _, e := range w.ends {
		if e.side == server && !e.done {
			e.s.AskToLeave(wire.GoAway{})
		}
	}
}
