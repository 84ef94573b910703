package main

import (
	"context"
	"encoding/binary"
	"net"
)

// The floor writes the bytes that Longsplice writes, with one write(2) for each
// member or answer, and does nothing else.
var floorPeer = &peer{
	name:    "floor",
	ours:    true,
	without: "everything but the bytes",
	tuned:   "one write(2) for each member; a burst is put together once; a stream is written 64 KiB at a time, by one sender",
	serve:   serveFloor,
	dial:    dialFloor,
}

type floorServer struct {
	*accepting
	rooms rooms[net.Conn]
}

func serveFloor(addr string, a app) (s server, err error) {
	f := new(floorServer)
	f.accepting, err = accept(addr, func(nc net.Conn) { f.serve(nc, a) })
	return f, err
}

func (s *floorServer) serve(nc net.Conn, a app) {
	in := &frames{r: nc}
	hello, err := in.next()
	if err != nil {
		return
	}
	room := binary.BigEndian.Uint32(hello)
	s.rooms.join(room, nc)
	defer s.rooms.leave(room, nc)
	if _, err := nc.Write(appendFrame(nil, hello)); err != nil {
		return
	}
	reply := &floorReply{nc: nc}
	for { // here, and not in a function: one more frame would double an idle stack
		msg, err := in.next()
		if err != nil || a(msg, reply) != nil {
			return
		}
	}
}

// A floorReply has memory of its own for what it writes.
type floorReply struct {
	nc  net.Conn
	out []byte
}

func (r *floorReply) Send(msg []byte) error {
	r.out = appendFrame(r.out[:0], msg)
	_, err := r.nc.Write(r.out)
	return err
}

func (s *floorServer) Publish(room uint32, msgs [][]byte) error {
	var burst []byte
	for _, m := range msgs {
		burst = appendFrame(burst, m)
	}
	for _, nc := range s.rooms.all(room) {
		if _, err := nc.Write(burst); err != nil {
			return err
		}
	}
	return nil
}

func dialFloor(ctx context.Context, to target) (client, error) {
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", to.addr)
	if err != nil {
		return nil, err
	}
	f := &framed{nc: nc, alone: to.stream}
	if to.stream {
		f.keep = 64 << 10
	}
	return greet(f, to)
}
