// Package room is the core of a hub's room: a bounded log and a cursor for each
// member, and who is present.
//
// It is sans-IO. A Room has no goroutine, no lock and no clock: each call is an
// event at an instant, its owner serialises the calls, and what is to be
// offered to members comes out of [Room.Step] for the owner to carry out and
// report to [Room.Settle].
//
// The log holds entries in the order of their sequence numbers, which count all
// that is appended. Values also have an offset, which counts values alone and is
// what users see: signals, and that somebody came or went, take no offset and
// are no history.
//
// A member is in one of three places. Active members have everything up to the
// last sweep; one sweep over them serves all that was appended meanwhile, and
// members late in the sweep are given what came in while it was under way.
// Queued members are served one by one until they have caught up. Waiting
// members refused what they were offered, and cost nothing until they are ready.
package room
