package chat

import (
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// An Event is something that has happened: a pointer to one of the types below.
type Event interface{ event() }

// Began: there is a new session. The server knows nothing of an earlier one.
type Began struct{}

// Ended: the session is over, and another one may follow.
type Ended struct {
	Why    string
	Unsent []string // IDs of what the server has certainly not consumed
}

// Received: the server has said something.
type Received struct{ Message protocol.Message }

// Garbled: the server has said something that is not understood.
type Garbled struct{ Why string }

// Entered: the user has entered a line.
type Entered struct{ Line string }

// Rejected: a message could not be handed to the connection.
type Rejected struct {
	Message protocol.Message
	Why     string
	Never   bool // and never can be
}

// LinkChanged: the connection has a link, or has none, or tries to get one.
type LinkChanged struct {
	Phase    conn.Phase
	Target   string
	Attempt  int
	Delay    time.Duration // in Reconnecting: until the next attempt
	Why      string        // in Reconnecting and Closed
	Replayed int           // in Resumed
}

// Pulse comes about each second, with the round-trip time.
type Pulse struct{ RTT time.Duration }

func (*Began) event()       {}
func (*Ended) event()       {}
func (*Received) event()    {}
func (*Garbled) event()     {}
func (*Entered) event()     {}
func (*Rejected) event()    {}
func (*LinkChanged) event() {}
func (*Pulse) event()       {}

// An Action is something to be done: one of the types below.
type Action interface{ action() }

// Send: hand the message to the connection; if that fails, report Rejected.
type Send struct{ Message protocol.Message }

// Keep: the token that keeps a name.
type Keep struct{ Name, Token string }

// Print: a line of a room, in the order of the room.
type Print struct {
	Room string
	Item Item
}

// Tell: something for the user to know, which is no line of a room. It is among
// the items of the present room, too.
type Tell struct{ Text string }

// Wake: try at once to get a link.
type Wake struct{}

// Quit: end the program.
type Quit struct{}

func (Send) action()  {}
func (Keep) action()  {}
func (Print) action() {}
func (Tell) action()  {}
func (Wake) action()  {}
func (Quit) action()  {}
