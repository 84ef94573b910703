package main

import (
	"bytes"
	"encoding/binary"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// fill makes a message that no other is equal to, unless it is short.
func fill(body []byte, key uint64, n int) []byte {
	x := key + uint64(n)*0x9e3779b97f4a7c15
	for i := 0; i < len(body); i += 8 {
		x = (x ^ x>>31) * 0xbf58476d1ce4e5b9
		var word [8]byte
		binary.BigEndian.PutUint64(word[:], x)
		copy(body[i:], word[:])
	}
	return body
}

// mayTry reports whether an end has an application that may still call it.
func (e *end) mayTry() bool {
	return e != nil && !e.done && (e.side == server || e.dialer.Known())
}

// send offers one message to the outbox of an end.
func (w *world) send(e *end, size int) {
	if !e.mayTry() {
		return
	}
	body := fill(make([]byte, min(size, e.s.MaxSend())), e.key, len(e.accepted))
	w.sent(e, e.s.Append(body), body)
}

// sent deals with the answer to what was offered.
func (w *world) sent(e *end, err error, bodies ...[]byte) {
	switch err {
	case nil:
		if e.closedFully() || e.s.Local() != nil {
			w.fail("%s: a message was accepted after CLOSE", e.name())
		}
		if c := e.s.Count(); c.Sent < c.High {
			w.meet(metSentReplay)
		}
		e.accepted = append(e.accepted, bodies...)
	case session.ErrFull:
		w.meet(metFull)
		if e.link == nil {
			w.meet(metOffline)
		}
		e.s.Ask()
	case session.ErrClosing:
	case session.ErrExhausted:
		w.exhausted(e)
	default:
		w.fail("%s: send: %v", e.name(), err)
	}
}

// exhausted checks that the end of all positions is near, and cuts the session off.
func (w *world) exhausted(e *end) {
	w.meet(metExhausted)
	if c := e.s.Count(); w.setup.Edge == 0 || c.Queued < ^uint64(0)-1<<13 {
		w.fail("%s: positions are exhausted at %d", e.name(), c.Queued)
	}
	w.close(e, closeAbort)
}

// shared is a batch that several sessions may hold, and what it has to stay.
type shared struct{ frames, was []byte }

// makeBatch makes a batch of messages of which each end takes each.
func (w *world) makeBatch(n int, longest int) (b shared, bodies [][]byte) {
	count, size := 1+n%4, n/4
	for i := range count {
		body := fill(make([]byte, size%(longest+1)), w.next(), i)
		bodies = append(bodies, body)
		b.frames = wire.AppendData(b.frames, body)
		size = size*7 + 3
	}
	b.was = bytes.Clone(b.frames)
	w.batch0 = append(w.batch0, b)
	return b, bodies
}

func (w *world) batch(e *end, n int) {
	if e.mayTry() {
		b, bodies := w.makeBatch(n, e.s.MaxSend())
		w.sendBatch(e, b, bodies)
	}
}

func (w *world) sendBatch(e *end, b shared, bodies [][]byte) {
	if len(bodies) > 1 && len(b.frames) > w.setup.Limits[e.side].Buffer {
		return // the shell says that it never fits
	}
	w.sent(e, w.share(e, b.frames), bodies...)
}

// share offers a batch, which goes out at once if the link has nothing else to
// write.
func (w *world) share(e *end, frames []byte) error {
	if e.link == nil || len(e.link.ends[e.side].writing) > 0 {
		return e.s.AppendShared(frames)
	}
	le := &e.link.ends[e.side]
	now, err := e.s.SendShared(le.gen, frames)
	if now {
		w.meet(metAtOnce)
		le.writing, le.given = append(le.writing, frames), append(le.given[:0], frames...)
		le.unpinned = true
	}
	return err
}

// fan has all of the server's applications send the same bytes.
func (w *world) fan(n int) {
	longest := w.setup.Limits[server].Message
	longest = min(longest, w.setup.Limits[client].Message)
	b, bodies := w.makeBatch(n, longest)
	took := 0
	for _, e := range w.ends {
		if e.side == server && e.mayTry() {
			before := len(e.accepted)
			w.sendBatch(e, b, bodies)
			if len(e.accepted) > before {
				took++
			}
		}
	}
	if took > 1 {
		w.meet(metShared)
	}
}

// receive lets the application of an end ask for its next message. It may do so
// after the session was lost, too. It reports whether anything came of it.
func (w *world) receive(e *end) bool {
	if e == nil || e.closing || e.crashed {
		return false
	}
	worked := w.release(e)
	if len(e.inbox) > 0 {
		w.take(e)
		return true
	}
	if !e.done {
		w.settle(e)
		if e.s.AtFinal() && !e.closedFully() { // the application is told so, and has no more to say
			w.close(e, closeOrderly)
			return true
		}
	}
	return worked
}

// take hands over the next message, which must be the next that was sent.
func (w *world) take(e *end) {
	m := e.inbox[0]
	e.inbox = e.inbox[1:]
	e.hand, e.holding = m, true
	w.meet(metDelivered)
	from := e.peer
	if from == nil || e.got >= len(from.accepted) {
		w.fail("%s was handed message %d, which nobody sent", e.name(), e.got)
		return
	}
	if want := from.accepted[e.got]; !bytes.Equal(want, m.body) {
		w.fail("%s was handed %x as message %d, want %x", e.name(), m.body, e.got, want)
	}
	e.got++
}

// release says that the application is done with the message in hand.
func (w *world) release(e *end) bool {
	if !e.holding {
		return false
	}
	gen, on := e.s.Generation()
	before := e.s.Pending(gen)
	if owes := e.s.Consume(e.hand.size, w.now); on && !before && owes != e.s.Pending(gen) {
		w.fail("%s: consuming a message says %t of whether there is something to write", e.name(), owes)
	}
	e.used++
	e.held -= e.hand.size
	e.holding = false
	return true
}

// flush has the application wait for all that it has sent.
func (w *world) flush(e *end) {
	if e.mayTry() {
		e.flushes = append(e.flushes, flush{e.s.Count().Queued, len(e.accepted)})
		e.s.Ask()
	}
}

// closing is a way to end a session.
type closing int

const (
	closeHalf    closing = iota // the outgoing direction alone
	closeAbort                  // at once, and the link takes the CLOSE
	closeDead                   // at once, and it does not
	closeFailed                 // in good order, but what is in hand is not dealt with
	closeOrderly                // this, and every number above
)

// closeBoth has both ends of a session close at the same time.
func (w *world) closeBoth(s *slot, how closing) {
	for side := range 2 {
		w.close(s.end(side), how)
	}
}

func (w *world) close(e *end, how closing) {
	if !e.mayTry() {
		return
	}
	w.note("%s closes (%d)", e.name(), how)
	w.meet(metClosed)
	if e.peer != nil && e.peer.s.Local() != nil && e.s.Remote() == nil {
		w.meet(metBoth)
	}
	switch how {
	case closeHalf:
		w.meet(metHalf)
		e.s.CloseSend(0, "")
	case closeAbort, closeDead:
		w.meet(metAborted)
		w.drop(e, true)
		e.s.Abort(4, "abort")
		if how == closeAbort {
			w.lastWords(e)
		}
		w.over(e, "aborted")
	default:
		w.drop(e, how != closeFailed)
		e.s.Close(0, "")
	}
}

// settle answers the peer's CLOSE once the application has had everything.
func (w *world) settle(e *end) {
	if !e.done && !e.closing && e.s.PeerDone() && e.s.AtFinal() && len(e.inbox) == 0 && !e.holding {
		e.s.Close(0, "")
	}
}
