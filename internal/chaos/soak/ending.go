package main

import (
	"context"
	"errors"
	"io"

	"github.com/longsplice/longsplice/conn"
)

// An ending is how one end saw a session end.
type ending uint32

const (
	playing   ending = iota // it has not ended
	never                   // it was not begun
	closed                  // this end closed, and all was delivered
	left                    // the peer closed
	goingAway               // the server shut down
	cut                     // an end closed while messages were on their way
	restarted               // the server is another than before
	expired                 // too long without a link
	unknown                 // the server does not know it
	evicted                 // there were too many without a link
	gaveUp                  // this end stopped dialling
	broken                  // the peer broke the protocol, or anything else that must not be
	endings                 // how many there are
)

var endingNames = [endings]string{"playing", "never begun", "closed", "left by the peer", "server shut down", "closed over messages",
	"server restarted", "expired", "unknown to the server", "evicted", "gave up", "broken"}

func (e ending) String() string { return endingNames[e%endings] }

func endingOf(err error) ending {
	var lost *conn.LostError
	var over *conn.CloseError
	switch {
	case errors.As(err, &lost):
		return map[conn.LostReason]ending{
			conn.LostExpired: expired, conn.LostRestarted: restarted, conn.LostUnknown: unknown, conn.LostEvicted: evicted,
			conn.LostClosed: cut, conn.LostGaveUp: gaveUp, conn.LostProtocol: broken, conn.LostLink: broken,
		}[lost.Reason]
	case errors.As(err, &over):
		if over.Code == conn.CodeProtocol {
			return broken
		}
		if over.Code == conn.CodeGoingAway {
			return goingAway
		}
		return left
	case errors.Is(err, conn.ErrClosed):
		return closed
	}
	return broken
}

// documented reports whether a call on a connection may return an error. Nil is
// none.
func documented(err error) bool {
	var lost *conn.LostError
	var over *conn.CloseError
	var unsure *conn.UnknownError
	return err == nil || err == io.EOF || errors.Is(err, conn.ErrFull) || errors.Is(err, conn.ErrClosed) ||
		errors.As(err, &over) || errors.As(err, &unsure) || errors.As(err, &lost) ||
		err == context.DeadlineExceeded || err == context.Canceled
}
