package main

import (
	"context"
	"errors"
	"net/http"
	"sync"

	"github.com/lxzan/gws"
)

var gwsPeer = &peer{
	name:    "gws",
	without: "resume, ack, heartbeat unless written",
	tuned:   "Broadcaster for fan-out, no compression; the handler starts ReadLoop and returns, as its README advises",
	serve:   serveGws,
	dial:    dialGws,
}

type gwsServer struct {
	*web
	gws.BuiltinEventHandler
	a     app
	rooms rooms[*gws.Conn]
	conns sync.WaitGroup
}

func gwsOptions() *gws.ServerOption {
	return &gws.ServerOption{ReadMaxPayloadSize: maxFrame, WriteMaxPayloadSize: maxFrame}
}

func serveGws(addr string, a app) (s server, err error) {
	g := &gwsServer{a: a}
	up := gws.NewUpgrader(g, gwsOptions())
	g.web, err = serveWeb(addr, func(w http.ResponseWriter, r *http.Request, room uint32) {
		c, err := up.Upgrade(w, r)
		if err != nil {
			return // the client has been told
		}
		g.rooms.join(room, c)
		g.conns.Go(func() {
			defer g.rooms.leave(room, c)
			if c.WriteMessage(gws.OpcodeBinary, welcome) == nil {
				c.ReadLoop()
			}
		})
	})
	return g, err
}

func (s *gwsServer) OnMessage(c *gws.Conn, m *gws.Message) {
	defer m.Close()
	if s.a(m.Bytes(), gwsReply{c}) != nil {
		c.NetConn().Close()
	}
}

type gwsReply struct{ *gws.Conn }

func (r gwsReply) Send(msg []byte) error { return r.WriteMessage(gws.OpcodeBinary, msg) }

func (s *gwsServer) Publish(room uint32, msgs [][]byte) error {
	for _, m := range msgs {
		b := gws.NewBroadcaster(gws.OpcodeBinary, m)
		for _, c := range s.rooms.all(room) {
			if err := b.Broadcast(c); err != nil {
				return err
			}
		}
		if err := b.Close(); err != nil {
			return err
		}
	}
	return nil
}

func (s *gwsServer) Close() error {
	err := s.web.Close()
	s.rooms.each(func(c *gws.Conn) { c.NetConn().Close() })
	s.conns.Wait()
	return err
}

type gwsClient struct {
	*gws.Conn
	gws.BuiltinEventHandler
	receive receiver
	welcome chan struct{} // closed by the first message
	greeted bool
	done    chan struct{}
}

func dialGws(_ context.Context, to target) (client, error) {
	c := &gwsClient{receive: to.receive, welcome: make(chan struct{}), done: make(chan struct{})}
	var err error
	c.Conn, _, err = gws.NewClient(c, &gws.ClientOption{
		Addr:               wsURL(to),
		ReadMaxPayloadSize: maxFrame, WriteMaxPayloadSize: maxFrame,
	})
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(c.done)
		c.ReadLoop()
	}()
	select {
	case <-c.welcome:
		return c, nil
	case <-c.done:
		return nil, errors.New("closed before the welcome")
	}
}

func (c *gwsClient) OnMessage(_ *gws.Conn, m *gws.Message) {
	defer m.Close()
	if !c.greeted {
		c.greeted = true
		close(c.welcome)
		return
	}
	c.receive(c, m.Bytes())
}

func (c *gwsClient) Send(msg []byte) error { return c.WriteMessage(gws.OpcodeBinary, msg) }
func (c *gwsClient) Flush() error          { return nil }
func (c *gwsClient) Done() <-chan struct{} { return c.done }
func (c *gwsClient) Close() error          { return end(c.done, c.NetConn().Close) }
