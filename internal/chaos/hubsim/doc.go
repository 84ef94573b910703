// Package hubsim plays schedules of faults against the core of package hub: one
// or two hubs with rooms, the clients that join and leave them, and an adversary
// who has all power over time, the clients, the hubs' processes, and the broker
// between them. There is no clock, socket, goroutine or random number in a run:
// each follows from its schedule, and most schedules are drawn from seeds.
// Command sim plays it.
//
//	go run ./internal/chaos/sim -core hub -seeds 10000000
//	go run ./internal/chaos/sim -core hub -seed 4711 -v
//
// # What the adversary does
//
//   - Members join now, with the last values, at a position that there has been,
//     will be, or never was, leave, say goodbye, die in an offer, and come back,
//     here or at the other hub, at the position that they have counted or at that
//     which the hub has counted for them (join, leave, quit, die, return). One is
//     about to leave for as long as the adversary likes (about).
//   - They take everything or little, at once or in small pieces, are slow or never
//     read, and are ready before their offer is over, or not when they say so
//     (mood, read, ready). Users have two clients each.
//   - A hub works step by step, and anything may happen while members are being
//     offered something (work, pump).
//   - Values, bursts of them, values larger than a room, and signals to all or to
//     one are published by those who wait and by those who cannot (publish, burst,
//     signal, rush), under all four policies.
//   - Time passes, and timers fire when they are due or late (advance, lag). Rooms
//     give up what they keep, and are dropped (forget). Hubs die (restart).
//   - The broker delays, loses, and begins another epoch; nodes are cut off from it
//     and come back (deliver, lose, cut, mend, brokerrestart).
//
// # What is checked
//
// A log that forgets nothing, and each member's own count of what it was given,
// are held against what the core says and does. At every item: it is the next one
// that is owed to the member, at the position that the member has counted, with
// nothing missing before it but what it has been told is missing; a value has the
// same position for all, at all nodes; nothing of another epoch comes without a
// gap. At every gap: what it says is missing is not kept, and it is not told to
// one whom publishers were to wait for, nor to one who always took what it was
// offered. Who is told to come and go did, and nobody who came back within the
// grace. At every move: positions, bytes, entries, members and users are within
// limits and agree with our account; nobody is offered anything who has left. When
// a hub has nothing to do: whoever is ready has everything, and sees who is there.
// At the end, when all has healed: everybody has everything, publishers have been
// heard, and once all have left no room is kept.
package hubsim
