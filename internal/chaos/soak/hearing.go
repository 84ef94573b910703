package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/longsplice/longsplice/hub"
)

// receive receives until the session is over, or it is enough.
func (p *played) receive(ctx, enough context.Context) {
	for enough.Err() == nil {
		if p.plan.Nap > 0 {
			sleep(p.enough, time.Duration(p.rng.ExpFloat64()*float64(p.plan.Nap)))
		}
		wait, cancel := context.WithTimeout(enough, p.Pace)
		p.down.Ask()
		msg, err := p.c.Receive(wait)
		p.down.Consume()
		cancel()
		switch {
		case err == nil:
			p.heard(msg)
		case !documented(err):
			p.fault(p.record, err)
			return
		case err == io.EOF, err != context.DeadlineExceeded && err != context.Canceled:
			return
		case ctx.Err() != nil:
			return
		}
	}
}

// heard takes a message into account.
func (p *played) heard(msg []byte) {
	if p.plan.Kind == member {
		p.heardInRoom(msg)
		return
	}
	if len(msg) == 0 || msg[0] != tagMessage {
		p.down.Wrong()
		p.fault(p.record, errStray)
		return
	}
	p.books.heard(msg[1:], p.plan.Nap > 0)
	p.fault(p.record, p.down.Deliver(msg[1:]))
}

// heardInRoom counts positions, and holds values against what others have seen
// there.
func (p *played) heardInRoom(msg []byte) {
	var what, place, from, next uint64
	if len(msg) == 0 {
		msg = []byte{0}
	}
	switch {
	case msg[0] == tagValue && p.position > 0:
		p.books.heard(msg[1:], p.plan.Nap > 0)
		p.books.agree(p.books.ring(p.place, p.plan.Room), p.position, msg[1:])
		p.position++
	case msg[0] == tagNotice && readNumbers(msg, &what, &place, &from, &next):
		switch hub.NoticeKind(what) {
		case hub.Joined:
			p.place, p.position = int(place%ringPlaces), next
		case hub.Gap:
			p.books.gaps.Add(1)
			p.silent("a gap from", from)
			p.position = next
		}
	case msg[0] == tagBye && readNumbers(msg, &next):
		if p.position > 0 { // else it has left before it was told that it has joined
			p.silent("goodbye at", next)
		}
	default:
		p.books.room.wrong.Add(1)
		p.fault(p.record, errStray)
	}
}

// silent checks that the server says that the member is where it is.
func (p *played) silent(of string, position uint64) {
	switch {
	case position > p.position:
		p.books.room.lost.Add(position - p.position)
	case position < p.position:
		p.books.room.duplicated.Add(p.position - position)
	default:
		return
	}
	p.fault(p.record, fmt.Errorf("a member has counted to %d, and is told of %s %d", p.position, of, position))
}
