// Sim plays schedules of faults against the protocol core of package conn: both
// ends of several sessions in one process, and an adversary who has all power
// over time, the network, the processes and the applications. There is no clock,
// socket, goroutine or random number in a run: each follows from its schedule,
// and most schedules are drawn from seeds. It also plays those of package hubsim
// against the core of package hub.
//
//	go run ./internal/chaos/sim -seeds 10000000
//	go run ./internal/chaos/sim -core conn -seed 4711 -v
//	go run ./internal/chaos/sim -core hub -seeds 50000
//	go run ./internal/chaos/sim -core conn -play internal/chaos/sim/testdata/seed-4711.txt -v
//
// A campaign uses all cores, tells how far it is, and ends with a summary; an
// interrupt ends it early, with what there is. A seed that finds a violation is
// reported with the commands that play it again, and its schedule is shrunk to
// the moves that matter and kept in testdata, which the tests play for ever.
//
// # What the adversary does
//
//   - Links die at any byte (cut), in one direction alone (fin), or become black
//     holes one way or both, all at once or one by one, and mend one way before
//     the other (stall, heal). An end may take a link for dead that works, or
//     work on one that is long dead (giveup).
//   - Bytes arrive in pieces of any size (deliver) and are taken in pieces of any
//     size (write); a write may be stuck for as long as it likes while its session
//     has gone on to another link, and its memory must stay (abandon).
//   - Clients dial while the old link lives, twice at a time, and many times in a
//     row; HELLO and WELCOME arrive late, in another order, or from somebody who
//     repeats them (dial, resumes, replay).
//   - Time passes with or without traffic, timers fire in time, late, or at the
//     very instant at which something else happens, and processes are suspended
//     (advance, idle, lag, expire). Heartbeats watch the links, and must not take
//     one for dead that works.
//   - Both processes die and come back (restart, crash), the server evicts
//     sessions and drains, applications close in every way, at both ends at once,
//     and in the middle of everything (evict, drain, close, closeboth).
//   - Applications are slow, send more than fits, with and without a link, during
//     replays, in batches whose bytes several sessions share, and up to the end of
//     all positions (send, batch, fan, receive, flush).
//   - Peers break the protocol, each rule of it in turn (forge), and strangers try
//     to take sessions over (thief).
//
// The ends have different windows, buffers and message limits, down to windows
// that no message fits.
//
// What needs a kernel, a clock of its own or a real scheduler is not here but in
// conn/conntest, conn/conntest/faultproxy and internal/chaos/matrix/netns: loss and delay
// of packets, zero windows, stopped processes, lack of descriptors, dials that
// hang, races between the goroutines of one end.
//
// # What is checked
//
// At every move: nothing is delivered that was not sent, twice, or out of turn;
// cursors are in order, and acknowledgements rise, tell nothing that was not
// consumed, and forget nothing before it is; buffers stay within their caps; no
// frame of a link that was replaced takes effect, and the end of an old link does
// not touch its successor; a breach is noticed and changes nothing; a refusal is
// due to what has really happened, and touches no session. At the end of a
// session: its report of what is unknown and what certainly was not consumed
// agrees with what the other application did, then and later. At the end of a
// schedule, when all has healed: everything that was accepted is delivered and
// known to be, or both ends have been told of the end.
package main
