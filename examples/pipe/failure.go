package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/reconnect"
)

// The exit statuses, as the package's documentation describes them.
const (
	statusHere        = 1
	statusUsage       = 2
	statusThere       = 3
	statusLost        = 4
	statusUnreached   = 5
	statusMismatch    = 6
	statusInterrupted = 130
)

// The codes with which one end closes the session, so that the other knows why.
const (
	codeInterrupted conn.Code = 1000 + iota
	codeInput                 // standard input could not be read
	codeOutput                // standard output could not be written
	codeMismatch              // the hashes differ
	codeTaken                 // another sender came first
	codeConfused              // that was not what this program says
)

// A failure is an end that is not success: a sentence and an exit status.
type failure struct {
	status int
	err    error
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }

func failed(status int, format string, args ...any) *failure {
	return &failure{status, fmt.Errorf(format, args...)}
}

var errInterrupted = failed(statusInterrupted, "interrupted before all was transferred")

// explain turns an error of the library into a failure: whose fault it was, and
// what there is to do. The other end is named by peer; patience is how long it
// was waited for.
func explain(err error, peer string, patience time.Duration) error {
	var f *failure
	var lost *conn.LostError
	var closed *conn.CloseError
	var refused *conn.RefusedError
	var gaveUp *reconnect.GaveUpError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &f):
		return f
	case errors.As(err, &closed) && closed.Remote: // also as the cause of a loss
		return explainClose(closed, peer)
	case errors.As(err, &lost):
		return explainLoss(lost, peer, patience)
	case errors.As(err, &refused):
		return failed(statusUnreached, "the %s refused: %s", peer, first(refused.Reason, refused.Code.String()))
	case errors.As(err, &gaveUp):
		return failed(statusUnreached, "no %s could be reached at %s within %v: %w", peer, gaveUp.Target, patience, gaveUp.Err)
	}
	return failed(statusHere, "%w", err)
}

func explainClose(closed *conn.CloseError, peer string) error {
	switch closed.Code {
	case codeTaken:
		return failed(statusUnreached, "the %s refused: %s", peer, closed.Reason)
	case codeMismatch:
		return failed(statusMismatch, "the %s says: %s", peer, closed.Reason)
	}
	return failed(statusThere, "the %s gave up: %s", peer, first(closed.Reason, closed.Code.String()))
}

func explainLoss(lost *conn.LostError, peer string, patience time.Duration) error {
	switch lost.Reason {
	case conn.LostRestarted:
		return failed(statusLost, "the %s was restarted: the process that answers now knows nothing of this transfer; start it again", peer)
	case conn.LostExpired:
		return failed(statusLost, "the %s has not come back for %v and is taken for dead; what has arrived is incomplete", peer, patience)
	case conn.LostUnknown, conn.LostEvicted:
		return failed(statusLost, "the %s has given this transfer up: the link was away for too long; start it again", peer)
	case conn.LostGaveUp:
		return failed(statusLost, "the %s could not be reached again for %v and is taken for dead: %w", peer, patience, lost.Err)
	}
	return failed(statusLost, "the transfer is lost: %w", lost)
}

// first returns the first text that is not empty.
func first(texts ...string) string {
	for _, text := range texts {
		if text != "" {
			return text
		}
	}
	return ""
}

// cause returns why a call failed with err: what ended its context, if that has
// ended, else err itself.
func cause(ctx context.Context, err error) error {
	if why := context.Cause(ctx); why != nil {
		return why
	}
	return err
}
