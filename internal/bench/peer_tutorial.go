package main

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
)

// The tutorial's server is the one that most people write first: for each client
// a goroutine that reads and one that writes what comes through a channel.
var tutorialPeer = &peer{
	name:    "tutorial",
	without: "resume, ack, heartbeat, limits; a slow client is dropped",
	tuned:   "a goroutine and a channel of 256 messages for each client, one write(2) for each message",
	serve:   serveTutorial,
	dial:    dialTutorial,
}

var errSlow = errors.New("the client is too slow")

type tutorialServer struct {
	*accepting
	rooms rooms[chan []byte]
}

func serveTutorial(addr string, a app) (s server, err error) {
	t := new(tutorialServer)
	t.accepting, err = accept(addr, func(nc net.Conn) { t.serve(nc, a) })
	return t, err
}

func (s *tutorialServer) serve(nc net.Conn, a app) {
	in := &frames{r: nc}
	hello, err := in.next()
	if err != nil {
		return
	}
	room := binary.BigEndian.Uint32(hello)
	out := make(chan []byte, 256)
	gone := make(chan struct{})
	s.rooms.join(room, out)
	go func() {
		for {
			select {
			case msg := <-out:
				if _, err := nc.Write(msg); err != nil {
					nc.Close()
					return
				}
			case <-gone:
				return
			}
		}
	}()
	defer close(gone)
	defer s.rooms.leave(room, out)
	out <- appendFrame(nil, hello)
	in.readAll(a, sendFunc(func(msg []byte) error {
		select {
		case out <- appendFrame(nil, msg):
			return nil
		default:
			return errSlow
		}
	}))
}

func (s *tutorialServer) Publish(room uint32, msgs [][]byte) error {
	for _, m := range msgs {
		frame := appendFrame(nil, m)
		for _, out := range s.rooms.all(room) {
			select {
			case out <- frame:
			default:
				return errSlow
			}
		}
	}
	return nil
}

func dialTutorial(ctx context.Context, to target) (client, error) {
	nc, err := new(net.Dialer).DialContext(ctx, "tcp", to.addr)
	if err != nil {
		return nil, err
	}
	return greet(&framed{nc: nc}, to)
}
