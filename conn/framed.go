package conn

import "net"

// Framed is what a transport is that puts frames around the bytes on a socket of
// package net and does nothing else with them, such as a WebSocket without TLS. A
// transport with a method
//
//	Framed() conn.Framed
//
// that does not return nil is used as its socket would be: what is sent on a quiet
// link is written at once by the goroutine that sends, WriteTimeout counts from the
// last byte that was taken, and a link that is quiet holds neither a buffer nor,
// where that is so for sockets, a goroutine. Where sockets are not used so, on
// systems other than Unix, this is a transport like any other.
//
// The transport's Read and Write are still called at times, and have to go on
// where Unframe and Frame have stopped. Reads and Unframe are never concurrent
// with each other, nor are Write and Frame; one of each kind may be.
type Framed interface {
	// Transport is the transport that these are the frames of. It is there so
	// that a type which embeds a transport, and may count or change what passes
	// through its own Read and Write, is not taken for what it embeds.
	Transport() net.Conn

	// Socket is what the frames go over. What is not a *net.TCPConn or a
	// *net.UnixConn is not used directly.
	Socket() net.Conn

	// Unframe is given what was read from the socket, or nothing once that has
	// come to its end. It replaces p by the bytes that it carries and returns how
	// many these are. With an error, which may come with bytes, it is not called
	// again: there will be no more, for the reason that Read would give. It may
	// answer the peer.
	Unframe(p []byte) (n int, err error)

	// Frame puts p into frames and has them written by write, which takes what
	// there is room for, never waits, and returns no error for taking less. Frame
	// returns how much of p the socket has taken; nothing is no error. What it
	// leaves comes next, in Frame or in Write. write is good until Frame returns,
	// and not after.
	Frame(p []byte, write func([]byte) (int, error)) (n int, err error)
}
