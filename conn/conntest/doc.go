// Package conntest offers a faulty in-memory network, and a conformance suite
// for transports. It is for the tests of programs that live on long-lived
// connections, and imports only the standard library.
//
// # The network
//
// A [Network] listens and dials like package net. Its links behave as TCP
// connections do: each direction buffers, so that bytes can be in flight and
// be lost; closing sends FIN behind what was written, or a reset when there is
// unread data; half-close and deadlines work. A link fails when told to, at any
// byte:
//
//	network := conntest.New(&conntest.Config{
//		OnLink: func(l *conntest.Link) {
//			if l.ID() == 1 {
//				l.CutAfter(conntest.ToServer, 1000, conntest.RST)
//			}
//		},
//	})
//	listener, err := network.Listen("server")
//	…
//	client, err := network.Dial(ctx, "server")
//	…
//	network.Stall(conntest.ToClient) // a one-way black hole
//	network.Heal(conntest.ToClient)
//	network.Cut(conntest.RST) // and all that was in flight is lost
//
// Nothing is random, and there are no goroutines of its own. Whatever waits,
// waits on channels and timers alone, so that inside a testing/synctest bubble
// time is virtual, and a stall of an hour takes no time. A network must then
// be used from within one bubble.
//
// What a reset loses is more than some kernels would: a byte that was not yet
// read is gone, even if it had arrived. Addresses are arbitrary strings, their
// network is "mem". Errors are [net.OpError] values around the errors that
// Unix sockets give, on every operating system.
//
// # The suite
//
// [TestTransport] checks that what an adapter makes of a WebSocket or a
// multiplexed stream really is a [net.Conn] that reliable connections can
// stand on. Package faultproxy, below this one, injects the same faults on
// real TCP.
package conntest
