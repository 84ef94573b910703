// Package netns holds tests of package conn on a real kernel: a server and a
// client process, each in a network namespace of its own, joined by a veth pair
// on which nft drops what a case wants dropped. Nothing leaves the namespaces.
//
// The tests need Linux, root, and the commands ip and nft. Without them they
// are skipped and say so; with LONGSPLICE_REQUIRE_NETNS=1 in the environment
// they fail instead, so that a CI cannot pass by leaving them out.
//
// A case drives its processes by commands on their standard input, and judges
// them by events on their standard output, stamped with the one clock that all
// processes of a machine share.
package netns
