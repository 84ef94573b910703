package main

import (
	"context"
	"errors"
	"time"

	"github.com/longsplice/longsplice/conn"
)

// talk says what there is to say in one session, and returns true when that was
// the last of it.
func (cl *client) talk(ctx context.Context, c *conn.Conn) bool {
	for _, r := range cl.party.rooms() {
		select {
		case <-r.full:
		case <-ctx.Done():
			return false
		case <-cl.over.Done(): // there is nobody to talk to
			return true
		}
	}
	cl.arrive()
	asleep, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(cl.over, cancel)()
	if cl.closed {
		return cl.converse(ctx, asleep, c)
	}
	if cl.schedule == nil {
		gap := float64(cl.clients) / cl.rate * float64(time.Second)
		cl.schedule = newSchedule(cl.now(), gap, cl.arrivals == "poisson", cl.random)
	}
	// What fell due while there was no session is sent now, and late.
	for ; cl.schedule.due() < cl.stopped(); cl.schedule.advance() {
		due := cl.schedule.due()
		if !cl.sleepUntil(asleep, due) && due >= cl.stopped() {
			break
		}
		if !cl.send(ctx, c, due) {
			return false
		}
		if cl.recorder.counts(due) {
			cl.counts.due.Add(1)
		}
	}
	return true
}

// converse says something, and when there is an answer, the next thing.
func (cl *client) converse(ctx, asleep context.Context, c *conn.Conn) bool {
	for cl.over.Err() == nil {
		select {
		case <-cl.answered: // one that came too late
		default:
		}
		if !cl.send(ctx, c, cl.now()) || !cl.answer(ctx) {
			return false
		}
		cl.sleepUntil(asleep, cl.now()+cl.think.draw(cl.random))
	}
	return true
}

// answer waits for one, and returns false if ctx has ended.
func (cl *client) answer(ctx context.Context) bool {
	late := time.NewTimer(cl.timeout)
	defer late.Stop()
	select {
	case <-cl.answered:
	case <-late.C:
		cl.counts.errors.add("no answer within -timeout")
	case <-ctx.Done():
		return false
	}
	return true
}

// send says the next message, which is due at a certain time, and returns false
// if it was not accepted, because the session is over.
func (cl *client) send(ctx context.Context, c *conn.Conn, due time.Duration) bool {
	st := stamp{due: due, sent: cl.now()}
	if cl.closed {
		st.due = st.sent
	}
	s, msg := cl.party.say(st)
	if err := c.Send(ctx, msg); err != nil {
		s.untake()
		tooLong := errors.As(err, new(*conn.LimitError))
		if tooLong {
			cl.counts.errors.add(err.Error())
		}
		return tooLong
	}
	cl.recorder.sent(cl.index, st)
	cl.counts.allSent.Add(1)
	cl.counts.bytes.Add(uint64(len(msg)))
	if cl.recorder.counts(st.due) {
		cl.counts.sent.Add(1)
	}
	return true
}

// unsent counts what was due and was never sent: the server did not take it, or
// was not there.
func (cl *client) unsent() {
	for ; cl.schedule.due() < cl.stopped(); cl.schedule.advance() {
		if cl.recorder.counts(cl.schedule.due()) {
			cl.counts.due.Add(1)
		}
	}
}
