// Package chat is what a chat client knows and decides, without a network, a
// screen or a clock: a Model takes an Event and the time, changes, and returns
// the Actions that are to be carried out.
//
//	m := chat.New(chat.Config{Name: "ann", Rooms: []string{"lobby"}})
//	for _, a := range m.Handle(chat.Began{}, time.Now()) {
//		switch a := a.(type) {
//		case chat.Send:
//			…
//
// Whatever enters through Handle is cleaned there, by clean.Value: a front end
// can show every string of a Model as it is.
//
// # Lines and what becomes of them
//
// A line that the user has entered is shown at once, as Pending. It is held
// until there is a session and its room has been joined, then handed to the
// connection, and ticked off when it comes back from the server with its ID.
// When a session is lost, the lines that were certainly not consumed by the
// server become NotSent; the others that have not come back are Unknown, and
// are still ticked off if the room turns out to have them.
//
// # Positions
//
// The Model counts the position of each room and of the mailbox, as
// protocol/README.md says, and asks for what it has missed when a session
// begins. Private lines are shown as one Room for each other user.
package chat
