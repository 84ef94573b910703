package main

import (
	"bytes"
	"encoding/binary"

	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
)

// send offers one message to the outbox of an end.
func (w *world) send(side, size int) {
	e := w.ends[side]
	if e.done || side == client && !w.dialer.Known() {
		return
	}
	body := make([]byte, min(size, w.limits.MaxMessage))
	for i := range body {
		body[i] = byte(w.rng.Uint32())
	}
	if len(body) >= 4 {
		binary.BigEndian.PutUint32(body, uint32(len(e.accepted))<<1|uint32(side))
	}
	if err := e.s.Append(body); err == nil {
		e.accepted = append(e.accepted, body)
	} else if err != session.ErrFull && err != session.ErrClosing {
		w.fail("send: %v", err)
	} else if err == session.ErrFull {
		e.s.Ask()
	}
}

// receive lets the application of an end ask for its next message.
func (w *world) receive(side int) bool {
	e := w.ends[side]
	if e.done || closedFully(e.s) {
		return false
	}
	worked := w.release(side)
	if len(e.inbox) == 0 {
		w.settle(side)
		return worked
	}
	m := e.inbox[0]
	e.inbox = e.inbox[1:]
	from := w.ends[1-side]
	e.hand = &m
	w.counts.Delivered++
	if from.delivered >= len(from.accepted) {
		w.fail("%s was handed a message beyond the %d that were accepted", sideName(side), len(from.accepted))
		return true
	}
	if want := from.accepted[from.delivered]; !bytes.Equal(want, m.body) {
		w.fail("%s was handed %x as message %d, want %x", sideName(side), m.body, from.delivered, want)
	}
	from.delivered++
	return true
}

// release says that the application is done with what it works on.
func (w *world) release(side int) bool {
	e := w.ends[side]
	if e.hand == nil {
		return false
	}
	e.s.Consume(e.hand.size, w.now)
	w.ends[1-side].consumed++
	e.hand = nil
	return true
}

func closedFully(s *session.Session) bool {
	return s.Local() != nil && s.Local().Consumed != wire.Open
}

// close ends a session from one end, in good order, half, or at once.
func (w *world) close(side int, how int) {
	e := w.ends[side]
	if e.done || side == client && !w.dialer.Known() {
		return
	}
	w.counts.Closed++
	w.trace("%s closes (%d)", sideName(side), how)
	switch how {
	case 0:
		e.s.CloseSend(0, "")
	case 1:
		w.release(side)
		e.s.Abort(1, "abort")
	default:
		w.release(side)
		e.s.Close(0, "")
	}
	if how > 0 {
		e.inbox = nil
	}
}

// settle answers the peer's CLOSE once the application has had everything.
func (w *world) settle(side int) {
	e := w.ends[side]
	if r := e.s.Remote(); r == nil || e.done || closedFully(e.s) {
		return
	}
	if len(e.inbox) == 0 && e.hand == nil && e.s.AtFinal() {
		e.s.Close(0, "")
	}
}

// finish ends an end whose session is over in good order, once that is so.
func (w *world) finish(side int) {
	e := w.ends[side]
	if e == nil || e.done || !e.ended && !e.s.Ended() {
		return
	}
	// A CLOSE that is still being written is not yet said.
	if l := e.linked; !e.ended && l != nil && len(l.ends[side].writing) > 0 && !l.ends[side].gone {
		return
	}
	w.trace("%s ends", sideName(side))
	e.done, e.ended = true, true
	if side == server {
		w.entry.Bury()
	}
	w.checkLoss(side)
	if e.linked != nil {
		w.giveUp(e.linked, side)
	}
}

// lose ends an end whose session is gone.
func (w *world) lose(side int, why string) {
	w.trace("%s loses the session: %s", sideName(side), why)
	w.counts.Lost++
	w.lost[side] = why
	w.ends[side].done = true
	w.checkLoss(side)
}

// checkLoss compares what an end reports as lost with what really arrived.
func (w *world) checkLoss(side int) {
	e := w.ends[side]
	undelivered, unknown := e.s.Loss()
	sure := len(e.accepted) - len(undelivered) - len(unknown)
	if sure < 0 || sure > e.consumed {
		w.fail("%s takes %d messages for consumed, %d were", sideName(side), sure, e.consumed)
		return
	}
	if e.delivered > sure+len(unknown) && e.consumed > sure+len(unknown) {
		w.fail("%s reports message %d as undelivered, %d were consumed", sideName(side), sure+len(unknown), e.consumed)
	}
	for i, m := range append(unknown, undelivered...) {
		if !bytes.Equal(m, e.accepted[sure+i]) {
			w.fail("%s reports other bytes than it accepted as message %d", sideName(side), sure+i)
			return
		}
	}
}
