package reconnect

import "time"

// A State is what a [Dialer] is doing.
type State int

const (
	// StateConnecting: an attempt begins.
	StateConnecting State = iota + 1
	// StateConnected: Dial succeeded; use is called next.
	StateConnected
	// StateReconnecting: an attempt failed or the connection was lost;
	// another attempt follows after a delay.
	StateReconnecting
	// StateGaveUp: a limit of [Policy] was reached. Run returns.
	StateGaveUp
	// StateStopped: use was done, an error was [Permanent], or the context
	// ended. Run returns.
	StateStopped
)

// String returns the state as one or two lower-case words.
func (s State) String() string {
	switch s {
	case StateConnecting:
		return "connecting"
	case StateConnected:
		return "connected"
	case StateReconnecting:
		return "reconnecting"
	case StateGaveUp:
		return "gave up"
	case StateStopped:
		return "stopped"
	}
	return "unknown"
}

// An Event is a change of state.
type Event struct {
	State State

	// Target is the target being dialled or connected to; from
	// StateReconnecting on, the one that failed.
	Target string

	// Attempt counts the attempts of this outage. It is the number of the
	// attempt under way, or that succeeded, the first being 1; in
	// StateReconnecting the number of the attempt that follows; in StateGaveUp
	// and StateStopped the attempts made.
	Attempt int

	// Delay is the time until the next attempt. It is set only in
	// StateReconnecting, and is zero when the next target follows at once.
	Delay time.Duration

	// Cause and Err are set from StateReconnecting on and say why. In
	// StateStopped after use was done they are CauseNone and nil.
	Cause Cause
	Err   error
}
