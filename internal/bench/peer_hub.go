package main

import (
	"context"
	"net"
	"strconv"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/hubconn"
)

// The hub is Longsplice once more, with rooms of package hub in place of a loop
// over the members' Conns.
var hubPeer = &peer{
	name:     "longsplice/hub",
	ours:     true,
	promises: true,
	tuned:    "hubconn.Config, which has a history and a policy for slow members on; a burst is one Batch",
	only:     []string{"fanout", "idle", "growth"},
	serve:    serveHub,
	dial:     longsplicePeer.dial,
}

type hubServer struct {
	*sessions
	hub *hub.Hub[*conn.Batch]
}

func hubRoom(room uint32) string { return strconv.FormatUint(uint64(room), 10) }

func serveHub(addr string, a app) (server, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	h := hub.New(hubconn.Config())
	join := func(ctx context.Context, room uint32, c *conn.Conn) error {
		// Nobody leaves: a membership ends at the first offer after its session.
		_, err := h.Join(ctx, hubRoom(room), hubconn.Member(c))
		return err
	}
	return &hubServer{serveSessions(ln, pushed(a, join), nil), h}, nil
}

func (s *hubServer) Publish(room uint32, msgs [][]byte) error {
	batch, err := conn.Encode(msgs...)
	if err == nil {
		_, err = s.hub.Publish(context.Background(), hubRoom(room), batch)
	}
	return err
}

func (s *hubServer) Close() error {
	s.hub.Close()
	return s.sessions.Close()
}
