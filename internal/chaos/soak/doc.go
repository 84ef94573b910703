// Soak has clients and servers talk for as long as one likes while everything
// goes wrong between and with them, and holds what was said against what was
// heard.
//
//	go run ./internal/chaos/soak -for 8h -clients 2000
//
// # Who takes part
//
// This process is the parent. It has the fault proxies, and starts two servers and
// the clients as processes of their own. One server, and a quarter of the clients,
// are mortal: they are killed now and then. The others live as long as the run, so
// that what they hold at its end can be compared with what they held in its
// middle. Links run over TCP, TLS and WebSocket, and sessions move from one to the
// other.
//
// Each client plays one session after the other: echo and streams, rooms, sessions
// that are idle or short, readers that are slow, and ends that are closed while
// everything is under way.
//
// # The books
//
// Processes share memory in which each end of each session writes what it has
// said and heard (ledger.Account): a few numbers, however long the run. It is
// there whichever process is killed, and the parent holds both ends against each
// other when they are over. What rooms have said is there as well, for each member
// to compare.
//
// # What is found
//
// The last line is the count of messages that were lost, doubled, or out of order.
// The exit status is 0 only if there was none, every session ended in time and for
// a cause, and no process that lives as long as the run grows.
package main
