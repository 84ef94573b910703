// Package ledger keeps the books of streams of messages, for tests in which
// everything else goes wrong: what a sender was told, what the receiver was
// handed and what it did with it, and whether one agrees with the other. It knows
// nothing of connections or rooms. A message says of itself which stream it
// belongs to, where, and in which attempt to send it.
//
//	s := ledger.New(7)
//	msg := s.Offer(100)       // the next message, of 100 bytes
//	s.Answer(c.Send(ctx, msg) == nil)
//	…
//	s.Deliver(received)       // at the other end
//	…
//	err := s.Err()            // the first entry that did not agree with the others
//
// All methods may be called concurrently, but a stream has one sender and one
// receiver at a time.
//
// An Account is the same for ends in different processes and runs without end: it
// takes as little room after a week as at the beginning.
package ledger
