package main

import (
	"context"
	"encoding/binary"
	"net"

	"github.com/longsplice/longsplice/conn"
)

// Longsplice with a handler that asks for each message, and so needs a goroutine
// also where a session is idle.
var readerPeer = &peer{
	name:     "longsplice/loop",
	ours:     true,
	promises: true,
	tuned:    "the zero Config, and a handler that loops over Receive",
	only:     []string{"echo", "stream", "idle"},
	serve: func(addr string, a app) (server, error) {
		ln, err := net.Listen("tcp", addr)
		if err != nil {
			return nil, err
		}
		s := new(longspliceServer)
		s.sessions = serveSessions(ln, s.reader(a), nil)
		return s, nil
	},
	dial: longsplicePeer.dial,
}

func (s *longspliceServer) reader(a app) conn.HandlerFunc {
	return func(ctx context.Context, c *conn.Conn) error {
		hello, err := c.Receive(ctx)
		if err != nil {
			return err
		}
		room := binary.BigEndian.Uint32(hello)
		s.rooms.join(room, c)
		defer s.rooms.leave(room, c)
		if err := c.Send(ctx, welcome); err != nil {
			return err
		}
		for msg, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			if err := a(msg, sessionReply{c}); err != nil {
				return err
			}
		}
		return nil
	}
}
