package conn

import (
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/longsplice/longsplice/internal/wire"
)

// Errors of a local cause. Both concern the call that returned them and leave
// the connection as it was.
var (
	// ErrFull is returned by TrySend and TrySendBatch when the send buffer has
	// no room. Nothing of the message was accepted.
	ErrFull = errors.New("conn: send buffer is full")

	// ErrBusy is returned by Receive while another Receive waits.
	ErrBusy = errors.New("conn: another Receive is under way")
)

// ErrClosed is returned after this end closed the connection. It matches
// net.ErrClosed.
var ErrClosed error = closedError{}

type closedError struct{}

func (closedError) Error() string        { return "conn: closed by this end" }
func (closedError) Is(target error) bool { return target == net.ErrClosed }

// A LimitError says that something passed in is over a limit. It concerns the
// call alone.
type LimitError struct {
	Limit string // the setting, as in "MaxMessage"
	Got   int
	Max   int
}

func (e *LimitError) Error() string {
	return fmt.Sprintf("conn: %d is over the limit %s of %d", e.Got, e.Limit, e.Max)
}

// A Code says why a session was closed. Codes from 1000 up are the
// application's.
type Code uint16

// Codes of the library.
const (
	CodeNormal    Code = 0 // done; the peer's Receive returns io.EOF
	CodeError     Code = 1 // the application gave up: a handler returned an error or panicked
	CodeProtocol  Code = 2 // the peer broke the protocol
	CodeGoingAway Code = 3 // the server shuts down: come back with a new session
	CodeAborted   Code = 4 // closed before all was delivered
)

func (c Code) String() string {
	switch c {
	case CodeNormal:
		return "normal"
	case CodeError:
		return "error"
	case CodeProtocol:
		return "protocol violation"
	case CodeGoingAway:
		return "going away"
	case CodeAborted:
		return "aborted"
	}
	return fmt.Sprintf("code %d", uint16(c))
}

// A CloseError says that a session was closed. It concerns the session. A
// handler may return one to choose what the peer is told.
type CloseError struct {
	Code   Code
	Reason string // for people; from a peer it may be anything, up to 128 bytes
	Remote bool   // the peer closed it

	// A server that shuts down names the span from which a client shall draw
	// the time of its return with a new session. Run does so by itself.
	RetryMin, RetryMax time.Duration
}

func (e *CloseError) Error() string {
	who := "this end"
	if e.Remote {
		who = "the peer"
	}
	if e.Reason == "" {
		return fmt.Sprintf("conn: closed by %s: %v", who, e.Code)
	}
	return fmt.Sprintf("conn: closed by %s: %v: %q", who, e.Code, e.Reason)
}

// A LostReason says how a session came to be lost.
type LostReason string

// The reasons.
const (
	LostExpired   LostReason = "expired"        // no link for as long as the server keeps a session
	LostRestarted LostReason = "server restart" // the server is another process than before
	LostUnknown   LostReason = "unknown"        // the server does not know the session, or not this identity
	LostEvicted   LostReason = "evicted"        // a limit on waiting sessions was reached
	LostProtocol  LostReason = "protocol"       // the peer broke the protocol
	LostLink      LostReason = "link"           // the link died, and resumption is off
	LostClosed    LostReason = "closed"         // an end closed while messages were on their way
	LostGaveUp    LostReason = "gave up"        // the client's policy or its context ended the retries
)

// A LostError says that a session ended although messages that Send had
// accepted were not acknowledged, or that it could not go on. It concerns the
// session.
type LostError struct {
	Reason LostReason
	Err    error // the cause, if there is one

	// Undelivered are the messages that the peer's application has certainly
	// not consumed, in order. Unknown are those before them, which it may or
	// may not have consumed: sending them again risks doubling them.
	// The slices are the caller's to read, not to change.
	Undelivered, Unknown [][]byte
}

func (e *LostError) Error() string {
	s := fmt.Sprintf("conn: session lost: %s (%d messages undelivered, %d unknown)", e.Reason, len(e.Undelivered), len(e.Unknown))
	if e.Err != nil {
		s += ": " + e.Err.Error()
	}
	return s
}

func (e *LostError) Unwrap() error { return e.Err }

// An UnknownError says that a wait ended before the outcome was known: the
// messages may or may not be delivered yet. It concerns the call alone; Flush
// may be called again. It unwraps to the context's error.
type UnknownError struct {
	Bytes uint64 // how much is not acknowledged, headers included
	Err   error
}

func (e *UnknownError) Error() string {
	return fmt.Sprintf("conn: outcome unknown, %d bytes are not acknowledged: %v", e.Bytes, e.Err)
}

func (e *UnknownError) Unwrap() error { return e.Err }

// A RefusedError says that the server did not accept a link.
type RefusedError struct {
	Code   RefuseCode
	Reason string // for people
}

func (e *RefusedError) Error() string {
	if e.Reason == "" {
		return fmt.Sprintf("conn: refused by the server: %v", e.Code)
	}
	return fmt.Sprintf("conn: refused by the server: %v: %q", e.Code, e.Reason)
}

// A RefuseCode says why a link was refused.
type RefuseCode uint16

// The codes. All but RefusedBusy, RefusedGoingAway and RefusedStale end a
// client's attempts; see [Config.Targets] for RefusedEpoch.
const (
	RefusedVersion   = RefuseCode(wire.RefuseVersion)   // the server speaks another version of the protocol
	RefusedIdentity  = RefuseCode(wire.RefuseIdentity)  // the credential was not accepted
	RefusedUnknown   = RefuseCode(wire.RefuseUnknown)   // no such session
	RefusedEpoch     = RefuseCode(wire.RefuseEpoch)     // the server has restarted
	RefusedBusy      = RefuseCode(wire.RefuseBusy)      // a limit is reached for now
	RefusedGoingAway = RefuseCode(wire.RefuseGoingAway) // the server shuts down
	RefusedProtocol  = RefuseCode(wire.RefuseProtocol)  // the positions of both ends do not match
	RefusedStale     = RefuseCode(wire.RefuseStale)     // overtaken by a newer link
)

func (c RefuseCode) String() string {
	names := [...]string{"", "other version", "credential not accepted", "no such session",
		"server restarted", "busy", "going away", "positions do not match", "overtaken by a newer link"}
	if int(c) < len(names) && c > 0 {
		return names[c]
	}
	return fmt.Sprintf("code %d", uint16(c))
}

// A ProtocolError says how the peer broke the protocol. It ends the session,
// and stands as the cause in a *LostError.
type ProtocolError struct{ Detail string }

func (e *ProtocolError) Error() string { return "conn: protocol violation by the peer: " + e.Detail }

// public turns the protocol core's errors into this package's.
func public(err error) error {
	var w *wire.Error
	if errors.As(err, &w) {
		return &ProtocolError{Detail: w.Detail}
	}
	return err
}
