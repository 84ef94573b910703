// Package protocol is what the chat's server and its clients say to each other:
// one JSON object in each message. README.md beside it is for those who write a
// client in another language.
package protocol

import "github.com/longsplice/longsplice/hub"

// An Op says what a Message is.
type Op string

// From clients.
const (
	Join    Op = "join"    // Room; From, or Last, or neither for what comes from now on
	Leave   Op = "leave"   // Room
	Say     Op = "say"     // Room, Text, Action, ID
	Tell    Op = "tell"    // To, Text, Action, ID
	Nick    Op = "nick"    // Name, Token if the name has one
	Who     Op = "who"     // Room
	Rooms   Op = "rooms"   //
	History Op = "history" // Room, Before, Last: older lines than those that came by themselves
	Typing  Op = "typing"  // Room
	Seen    Op = "seen"    // Next: of the own mailbox, all before it has been shown
)

// From the server. Who (Room, Users, Count), Rooms, History and Typing are answers of
// the same names.
const (
	Welcome Op = "welcome" // first of all, and after Nick: Name, Token, Text (message of the day)
	Joined  Op = "joined"  // Room, Next, Users, Count
	Left    Op = "left"    // Room
	Line    Op = "line"    // Room, Name, To, Text, Action, At, ID
	Gap     Op = "gap"     // Room, From, Next, Users, Count
	Present Op = "present" // Room, Name
	Absent  Op = "absent"  // Room, Name
	Notice  Op = "notice"  // Text for people, such as that the server will restart
	Failed  Op = "failed"  // Code, Text, and Room and ID of what has failed
)

// A Message is one message, either way. Which fields it has, its Op says.
type Message struct {
	Op     Op            `json:"op"`
	Room   string        `json:"room,omitempty"`
	Name   string        `json:"name,omitempty"` // of a user: who speaks, comes, goes
	To     string        `json:"to,omitempty"`   // of a user: whom a private line is for
	Text   string        `json:"text,omitempty"`
	Action bool          `json:"action,omitempty"` // "/me waves"
	ID     string        `json:"id,omitempty"`     // the client's own mark, which comes back in Line and Failed
	At     int64         `json:"at,omitempty"`     // of a Line: when, in milliseconds since 1970
	From   *hub.Position `json:"from,omitempty"`
	Next   *hub.Position `json:"next,omitempty"` // position of the room's next line
	Before uint64        `json:"before,omitempty"`
	Last   int           `json:"last,omitempty"`
	Users  []string      `json:"users,omitempty"` // who is there, as far as they fit
	Count  int           `json:"count,omitempty"` // how many are there
	Rooms  []Room        `json:"rooms,omitempty"`
	Lines  []Message     `json:"lines,omitempty"`
	Token  string        `json:"token,omitempty"`
	Code   Code          `json:"code,omitempty"`
}

// A Room is an entry in the list of rooms.
type Room struct {
	Name  string `json:"name"`
	Users int    `json:"users"`
}

// A Code says why something has failed.
type Code string

const (
	BadRequest Code = "bad request" // not understood, or a name or text that is not allowed
	BadName    Code = "bad name"    // not a name, or taken
	NotThere   Code = "not there"   // not in the room
	TooFast    Code = "too fast"    // over the limit of messages for a user
	TooMany    Code = "too many"    // over another limit
	Internal   Code = "internal"    // the server's fault
)

// A Login is the credential of a connection, as JSON. A name that was given
// away with a token can be used only with it. The server gives every user a
// token in Welcome: with it the name stays theirs.
type Login struct {
	Name  string `json:"name"`
	Token string `json:"token,omitempty"`
}

// Mailbox is the room of a user's private lines: what others told the user, and
// what the user told others.
func Mailbox(name string) string { return hub.Personal(name) }
