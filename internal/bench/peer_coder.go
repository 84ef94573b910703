package main

import (
	"context"
	"net/http"
	"sync"

	"github.com/coder/websocket"
)

var coderPeer = &peer{
	name:    "coder",
	without: "resume, ack, heartbeat unless written",
	tuned:   "Write to each member in turn (it has no prepared messages), no compression, as by default",
	serve:   serveCoder,
	dial:    dialCoder,
}

type coderServer struct {
	*web
	rooms rooms[*coderConn]
	conns sync.WaitGroup
}

type coderConn struct {
	*websocket.Conn
	done chan struct{}
}

func (c *coderConn) Send(msg []byte) error {
	return c.Write(context.Background(), websocket.MessageBinary, msg)
}

func (c *coderConn) Flush() error          { return nil }
func (c *coderConn) Done() <-chan struct{} { return c.done }
func (c *coderConn) Close() error          { return end(c.done, c.CloseNow) }

// read calls f with each message until there are no more.
func (c *coderConn) read(f func(msg []byte) error) {
	for {
		_, msg, err := c.Read(context.Background())
		if err != nil || f(msg) != nil {
			return
		}
	}
}

func serveCoder(addr string, a app) (s server, err error) {
	k := new(coderServer)
	k.web, err = serveWeb(addr, func(w http.ResponseWriter, r *http.Request, room uint32) {
		ws, err := websocket.Accept(w, r, nil)
		if err != nil {
			return // the client has been told
		}
		k.conns.Add(1)
		defer k.conns.Done()
		defer ws.CloseNow()
		ws.SetReadLimit(maxFrame)
		c := &coderConn{Conn: ws}
		k.rooms.join(room, c)
		defer k.rooms.leave(room, c)
		if c.Send(welcome) == nil {
			c.read(func(msg []byte) error { return a(msg, c) })
		}
	})
	return k, err
}

func (s *coderServer) Publish(room uint32, msgs [][]byte) error {
	for _, m := range msgs {
		for _, c := range s.rooms.all(room) {
			if err := c.Send(m); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *coderServer) Close() error {
	err := s.web.Close()
	s.rooms.each(func(c *coderConn) { c.CloseNow() })
	s.conns.Wait()
	return err
}

func dialCoder(ctx context.Context, to target) (client, error) {
	ws, _, err := websocket.Dial(ctx, wsURL(to), nil)
	if err != nil {
		return nil, err
	}
	ws.SetReadLimit(maxFrame)
	c := &coderConn{ws, make(chan struct{})}
	if _, _, err := ws.Read(ctx); err != nil { // the welcome
		ws.CloseNow()
		return nil, err
	}
	go func() {
		defer close(c.done)
		c.read(func(msg []byte) error {
			to.receive(c, msg)
			return nil
		})
	}()
	return c, nil
}
