package session

import (
	"encoding/json"
	"errors"
	"io"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/client/internal/chat"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/reconnect"
)

// A ClosedError says that the server has ended the session on purpose, so that
// there is no sense in coming back at once.
type ClosedError struct{ Reason string }

func (e *ClosedError) Error() string {
	if e.Reason == "" {
		return "the server has closed the session"
	}
	return "the server has closed the session: " + e.Reason
}

// final returns what a handler returns for the error that ended its session: the
// error itself, after which there may be another session, or a *ClosedError.
// Codes from 1000 up are the chat's own.
func final(err error) error {
	var closed *conn.CloseError
	switch {
	case errors.Is(err, io.EOF):
		return &ClosedError{}
	case errors.As(err, &closed) && closed.Remote && closed.Code >= 1000: // also as the cause of a loss
		return &ClosedError{closed.Reason}
	}
	return err
}

// failedThere reports whether the server has given a session up because of a
// fault of its own. Another one may fare better.
func failedThere(err error) bool {
	var closed *conn.CloseError
	return errors.As(err, &closed) && closed.Remote && closed.Code == conn.CodeError
}

// ended tells the end of a session, and which lines certainly went down with it.
func ended(err error) *chat.Ended {
	e := &chat.Ended{Why: reason(err)}
	var lost *conn.LostError
	if !errors.As(err, &lost) {
		return e
	}
	for _, raw := range lost.Undelivered {
		var m protocol.Message
		if json.Unmarshal(raw, &m) == nil && m.ID != "" {
			e.Unsent = append(e.Unsent, m.ID)
		}
	}
	return e
}

// reason says in a few words why a session has ended.
func reason(err error) string {
	var lost *conn.LostError
	var closed *conn.CloseError
	var there *ClosedError
	switch {
	case errors.As(final(err), &there):
		return there.Error()
	case errors.As(err, &closed) && closed.Code == conn.CodeGoingAway:
		return "the server shuts down"
	case failedThere(err):
		return "the server has failed"
	case errors.As(err, &lost):
		switch lost.Reason {
		case conn.LostRestarted:
			return "the server has restarted"
		case conn.LostExpired, conn.LostUnknown, conn.LostEvicted:
			return "this client was away for too long"
		}
	}
	return err.Error()
}

// changed makes an event of what the connection does.
func changed(st conn.State) *chat.LinkChanged {
	l := &chat.LinkChanged{
		Phase: st.Phase, Target: st.Target, Attempt: st.Attempt, Delay: st.Delay, Replayed: st.Replayed,
	}
	switch st.Phase {
	case conn.Reconnecting:
		l.Why = words(st.Cause, st.Err)
	case conn.Closed:
		l.Why = reason(st.Err)
	}
	return l
}

// words say why a link could not be had or was lost.
func words(cause reconnect.Cause, err error) string {
	var refused *conn.RefusedError
	switch {
	case errors.As(err, &refused) && refused.Code == conn.RefusedBusy:
		return "the server is busy"
	case errors.As(err, &refused) && refused.Code == conn.RefusedGoingAway:
		return "the server shuts down"
	}
	switch cause {
	case reconnect.CauseRefused:
		return "connection refused"
	case reconnect.CauseClosed:
		return "connection cut"
	case reconnect.CauseTimeout:
		return "no answer"
	case reconnect.CauseDNS:
		return "name not found"
	case reconnect.CauseUnreachable:
		return "network unreachable"
	case reconnect.CauseTLS:
		return "certificate not accepted"
	case reconnect.CauseCanceled:
		return "given up"
	}
	return err.Error()
}
