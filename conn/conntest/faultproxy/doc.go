// Package faultproxy is a TCP proxy that injects faults between a client and a
// server that know nothing of it. It is for tests and demonstrations, and
// imports only the standard library.
//
//	proxy, err := faultproxy.Listen("127.0.0.1:7777", nil)
//	if err != nil {
//		…
//	}
//	defer proxy.Close()
//
//	c, err := net.Dial("tcp", proxy.Addr().String()) // rather than to 127.0.0.1:7777
//	…
//	proxy.SetDelay(faultproxy.Both, 200*time.Millisecond, 50*time.Millisecond)
//	proxy.Stall(faultproxy.ToClient) // a one-way black hole
//	proxy.Heal(faultproxy.ToClient)
//	proxy.Cut(faultproxy.RST)
//	proxy.Pause() // refuses as if it were down, until Resume
//
// Left alone it is faithful: bytes pass in order as fast as two more copies
// allow, a half-close passes as a half-close, and a reset as a reset.
//
// # Faults at an exact byte
//
// [Link.CutAfter], [Link.Corrupt] and [Link.Truncate] strike at a byte of the
// stream, whatever the timing. From [Config].OnLink they are in place before
// the first byte:
//
//	proxy, err := faultproxy.Listen(target, &faultproxy.Config{
//		OnLink: func(l *faultproxy.Link) { l.CutAfter(faultproxy.ToServer, 17, faultproxy.RST) },
//	})
//
// A [Schedule] is a whole series of such cuts, drawn from a seed, so that a
// run that failed can be repeated:
//
//	faultproxy.Config{Schedule: faultproxy.Schedule{Seed: 42, Cuts: 20, Mean: 1 << 20}}
//
// # Limitations
//
// A proxy stands between two connections, each with kernel buffers of its own.
// It learns of the end of a connection by reading it: not while it holds that
// direction in a stall, and not while the other side takes no more bytes. Bytes
// that one end wrote before a reset may be lost in the proxy although they
// would have arrived without it. A reset is an error that the operating system
// names: syscall.ECONNRESET on Unix, WSAECONNRESET on Windows.
package faultproxy
