// Package netns holds the rows of the fault matrix that need processes: a server and
// a client, each in a network namespace of its own, joined by a veth pair on which
// nft drops what a case wants dropped. Nothing leaves the namespaces. Cases stop and
// kill the processes, take their descriptors away, destroy their sockets or change
// what a name stands for, over TCP, TLS and WebSocket.
//
// The tests need Linux, root, and the commands ip, ss and nft. Without them they
// are skipped and say so; with LONGSPLICE_REQUIRE_NETNS=1 in the environment
// they fail instead, so that a CI cannot pass by leaving them out. They take less
// than two minutes: half a minute for a server that restarts with 10,000 clients, and
// one for all else, in which a bad path must not look dead for a minute.
//
// A case drives its processes by commands on their standard input, and judges
// them by events on their standard output, stamped with the one clock that all
// processes of a machine share. A limit in time is extended by as long as a process
// says that it was not run; and where a heartbeat judges, by the time for an answer
// that it allows anew after what it must take for a suspension.
package netns
