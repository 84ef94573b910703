package main

import (
	"context"
	"encoding/binary"
	"io"
	"net"

	"github.com/hashicorp/yamux"
)

var yamuxPeer = &peer{
	name:    "yamux",
	without: "messages, resume, ack",
	tuned:   "DefaultConfig, one stream for each connection, a length before each message, one Write for each",
	serve:   serveYamux,
	dial:    dialYamux,
}

func yamuxConfig() *yamux.Config {
	cfg := yamux.DefaultConfig()
	cfg.LogOutput = io.Discard // it tells of every connection that ends
	return cfg
}

type yamuxServer struct {
	*accepting
	rooms rooms[net.Conn]
}

func serveYamux(addr string, a app) (s server, err error) {
	y := new(yamuxServer)
	y.accepting, err = accept(addr, func(nc net.Conn) {
		session, err := yamux.Server(nc, yamuxConfig())
		if err != nil {
			return
		}
		defer session.Close()
		stream, err := session.AcceptStream()
		if err != nil {
			return
		}
		y.serve(stream, a)
	})
	return y, err
}

func (s *yamuxServer) serve(nc net.Conn, a app) {
	in := &frames{r: nc}
	hello, err := in.next()
	if err != nil {
		return
	}
	room := binary.BigEndian.Uint32(hello)
	s.rooms.join(room, nc)
	defer s.rooms.leave(room, nc)
	reply := sendFunc(func(msg []byte) error {
		_, err := nc.Write(appendFrame(nil, msg))
		return err
	})
	if reply(hello) == nil {
		in.readAll(a, reply)
	}
}

func (s *yamuxServer) Publish(room uint32, msgs [][]byte) error {
	for _, m := range msgs {
		frame := appendFrame(nil, m)
		for _, nc := range s.rooms.all(room) {
			if _, err := nc.Write(frame); err != nil {
				return err
			}
		}
	}
	return nil
}

func dialYamux(ctx context.Context, to target) (client, error) {
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", to.addr)
	if err != nil {
		return nil, err
	}
	session, err := yamux.Client(nc, yamuxConfig())
	if err != nil {
		nc.Close()
		return nil, err
	}
	stream, err := session.OpenStream()
	if err != nil {
		session.Close()
		return nil, err
	}
	return greet(&framed{nc: yamuxStream{stream, session}}, to)
}

// A yamuxStream is the only one of its session, and closes that.
type yamuxStream struct {
	*yamux.Stream
	session *yamux.Session
}

func (s yamuxStream) Close() error { return s.session.Close() }
