// Bench races Longsplice against its floor and its peers, side by side in one
// run. From the root of the repository:
//
//	go run ./internal/bench -quick
//	go run ./internal/bench -json docs/race.json -html race.html
//	go run ./internal/bench -from docs/race.json -markdown docs/performance.md
//	go run ./internal/bench -work fanout,idle -peers floor,longsplice,gws -rounds 9 -time 2s
//	go run ./internal/bench -work fanout -members 1000 -peers floor,longsplice -time 5s -profile /tmp
//
// The first takes less than a minute, shows that everything works, and its
// figures mean nothing. The second is the whole race, which takes about half an
// hour on two processors that have nothing else to do; -rounds and -time make it
// longer, and its figures steadier. The third puts its tables into
// the documentation. The last writes profiles of the servers.
//
// Progress goes to the standard error, the tables to the standard output.
// Interrupted, it prints what it has. It needs Linux, whose kernel tells the
// processor time and memory of a process, a limit of 20,000 open files, and several
// GiB of memory.
//
// # How it is measured
//
// Each peer has a server and a crowd of clients, each a process of its own, so that
// what the kernel counts for one has nothing of the other. They share the machine
// all the same: a latency includes the clients' share of it. All peers are up at
// once and take short turns, everybody once in each round, and each round begins
// with another one. Figures are medians over the rounds; ratios are taken within
// each round first, so that a machine that grows slower does so for all. For idle
// memory and the storm each turn has processes of its own.
//
// A fan-out publishes the next message when every member has the one before. The
// processor time of the server is all that its process takes from the beginning of
// a turn until a second and a half after its end: acknowledgements that come late
// and the collection of garbage are in it. Beside it stands how many publications
// there were in a second, because what a peer does once a second weighs less the
// more there are.
//
// Each message is numbered. The clients of every peer check that each one comes
// once, whole and in order; the exit status is 1 if Longsplice failed in that, in
// whatever work. In the quick race nobody may fail, but for what peers that do not
// acknowledge lose in the storm.
//
// # Who takes part, and how
//
// The floor writes the bytes that Longsplice writes, with one write(2) for each
// member, and does nothing else. Longsplice runs with its zero Config. Each peer
// is set up as its own documentation recommends it for speed; the report says how,
// and what it does not offer. Nobody compresses or encrypts. A peer that does
// not redial by itself gets the loop that an application would write around it,
// with exponential backoff, in the reconnect storm.
//
// # To add a peer
//
// A peer is a value of type peer in a file of its own, peer_NAME.go, with a
// server and a client behind two small interfaces; it is added to the list in
// peer.go. The tests then hold it to what all peers have to do.
package main
