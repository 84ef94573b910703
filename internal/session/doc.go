// Package session is the protocol core of package conn: what a session
// accepts, sends, counts, acknowledges, resumes and loses.
//
// It is sans-IO. A Session is one end of a session, a Client performs the
// dialling end's handshakes, and an Entry is what a server knows of a session.
// Each is driven by calls of the form (event, now) and answers with state that
// its owner acts on. There is no goroutine, clock, socket or global randomness
// in here, and no lock: the owner serialises the calls of each value. That is
// what lets the simulator in internal/chaos/sim drive the very code that
// production runs.
//
// Instants are monotonic durations since an origin of the owner's choice.
package session
