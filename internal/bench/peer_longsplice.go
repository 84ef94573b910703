package main

import (
	"context"
	"encoding/binary"
	"net"
	"sync"

	"github.com/longsplice/longsplice/conn"
)

// Longsplice with the library's defaults: sessions, acknowledgements, heartbeats
// and limits are on. Its fan-out offers one batch to each member's Conn.
var longsplicePeer = &peer{
	name:     "longsplice",
	ours:     true,
	promises: true,
	tuned:    "the zero Config but for a hook; OnMessage; a burst is one Batch, which TrySendBatch of each member's Conn is given",
	serve:    serveLongsplice,
	dial: func(ctx context.Context, to target) (client, error) {
		return dialLongsplice(ctx, to, nil)
	},
	keep: func(_ context.Context, to target, k keeping) (client, error) {
		return keepLongsplice(to, k, &conn.Config{Dialers: map[string]conn.DialFunc{
			"tcp": func(ctx context.Context, addr string) (net.Conn, error) {
				return k.netDial(ctx, "tcp", addr)
			},
		}})
	},
}

// A sessions server is a Longsplice server.
type sessions struct {
	srv    *conn.Server
	ln     net.Listener
	served sync.WaitGroup
}

// serveSessions has h serve the links that ln accepts.
func serveSessions(ln net.Listener, h conn.Handler, cfg *conn.Config) *sessions {
	s := &sessions{srv: conn.NewServer(h, cfg), ln: ln}
	s.served.Go(func() { _ = s.srv.Serve(context.Background(), ln) }) // it ends with Close
	return s
}

type longspliceServer struct {
	*sessions
	rooms rooms[*conn.Conn]
}

func serveLongsplice(addr string, a app) (server, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	return serveLongspliceOn(ln, a), nil
}

func serveLongspliceOn(ln net.Listener, a app) *longspliceServer {
	s := new(longspliceServer)
	h := pushed(a, func(_ context.Context, room uint32, c *conn.Conn) error {
		s.rooms.join(room, c)
		return nil
	})
	s.sessions = serveSessions(ln, h, &conn.Config{Trace: &conn.Trace{
		SessionEnd: func(c *conn.Conn, _ error) { s.rooms.leaveAll(c) },
	}})
	return s
}

// pushed handles messages: the first, which names a room, with join, and all
// others with a. They are told apart by their lengths.
func pushed(a app, join func(ctx context.Context, room uint32, c *conn.Conn) error) conn.Handler {
	return conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
		if len(msg) != helloSize {
			return a(msg, sessionReply{c})
		}
		if err := join(ctx, binary.BigEndian.Uint32(msg), c); err != nil {
			return err
		}
		return c.Send(ctx, welcome)
	})
}

const helloSize = 4

type sessionReply struct{ *conn.Conn }

func (r sessionReply) Send(msg []byte) error { return r.Conn.Send(context.Background(), msg) }

func (s *sessions) Addr() string { return s.ln.Addr().String() }

func (s *longspliceServer) Publish(room uint32, msgs [][]byte) error {
	batch, err := conn.Encode(msgs...)
	if err != nil {
		return err
	}
	for _, c := range s.rooms.all(room) {
		if err := c.TrySendBatch(batch); err != nil {
			return err
		}
	}
	return nil
}

func (s *sessions) Close() error {
	err := s.srv.Close()
	s.served.Wait()
	return err
}

// A splice is a Longsplice client.
type splice struct {
	*conn.Conn
	done chan struct{}
}

func dialLongsplice(ctx context.Context, to target, cfg *conn.Config) (client, error) {
	c, err := conn.Dial(ctx, to.addr, cfg)
	if err != nil {
		return nil, err
	}
	s := &splice{c, make(chan struct{})}
	if err := enter(ctx, c, to.room); err != nil {
		c.Close()
		return nil, err
	}
	go func() {
		defer close(s.done)
		for msg, err := range c.Messages(context.Background()) {
			if err != nil {
				return
			}
			to.receive(s, msg)
		}
	}()
	return s, nil
}

// enter names the room and waits for the welcome.
func enter(ctx context.Context, c *conn.Conn, room uint32) error {
	if err := c.Send(ctx, binary.BigEndian.AppendUint32(nil, room)); err != nil {
		return err
	}
	_, err := c.Receive(ctx)
	return err
}

func (s *splice) Send(msg []byte) error { return s.Conn.Send(context.Background(), msg) }
func (s *splice) Flush() error          { return nil }
func (s *splice) Done() <-chan struct{} { return s.done }
