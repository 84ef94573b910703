package conn

import (
	"fmt"
	"time"

	"github.com/longsplice/longsplice/reconnect"
)

// A Phase is what a client's connection is doing.
type Phase int

const (
	Connecting   Phase = iota + 1 // an attempt begins
	Connected                     // the session has begun
	Resumed                       // the session goes on, on a new link
	Reconnecting                  // the link is lost, or an attempt failed; another follows after Delay
	Closed                        // the session has ended
)

func (p Phase) String() string {
	names := [...]string{"", "connecting", "connected", "resumed", "reconnecting", "closed"}
	if p > 0 && int(p) < len(names) {
		return names[p]
	}
	return "unknown"
}

// State is a change of what a client's connection is doing.
type State struct {
	Phase    Phase
	Target   string          // what is dialled, or was
	Attempt  int             // counts the attempts since the last link that was stable, from 1
	Delay    time.Duration   // in Reconnecting: until the next attempt
	Cause    reconnect.Cause // in Reconnecting and Closed: the kind of failure
	Err      error           // and the failure
	Replayed int             // in Resumed: messages that go over the wire once more
}

// String says it in a line, as a person would like to read it.
func (s State) String() string {
	switch s.Phase {
	case Connecting:
		return fmt.Sprintf("connecting to %s (attempt %d)", s.Target, s.Attempt)
	case Connected:
		return "connected to " + s.Target
	case Resumed:
		return fmt.Sprintf("resumed (%d replayed)", s.Replayed)
	case Reconnecting:
		return fmt.Sprintf("reconnecting in %v (attempt %d): %v: %v", s.Delay.Round(time.Millisecond), s.Attempt, s.Cause, s.Err)
	case Closed:
		return fmt.Sprintf("closed: %v", s.Err)
	}
	return s.Phase.String()
}

// onDial turns the redialer's events into states.
func (c *Conn) onDial(e reconnect.Event) {
	s := State{Target: e.Target, Attempt: e.Attempt, Delay: e.Delay, Cause: e.Cause, Err: e.Err}
	switch e.State {
	case reconnect.StateConnecting:
		s.Phase = Connecting
	case reconnect.StateConnected:
		s.Phase = Connected
		c.mu.Lock()
		if c.stats.links > 1 {
			s.Phase, s.Replayed = Resumed, c.replayed
		}
		c.mu.Unlock()
	case reconnect.StateReconnecting:
		s.Phase = Reconnecting
	default:
		return // keep reports the end, with the session's own error
	}
	c.lastState = s
	c.tell(s)
}

func (c *Conn) tell(s State) {
	if c.cfg.OnState != nil {
		c.cfg.OnState(s)
	}
}
