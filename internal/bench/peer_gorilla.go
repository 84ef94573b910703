package main

import (
	"context"
	"net/http"
	"sync"

	"github.com/gorilla/websocket"
)

var gorillaPeer = &peer{
	name:    "gorilla",
	without: "resume, ack, heartbeat unless written",
	tuned:   "PreparedMessage for fan-out, a WriteBufferPool, buffers of 4 KiB, no compression; the handler starts a reader and returns, as in its chat example",
	serve:   serveGorilla,
	dial:    dialGorilla,
}

// A gorillaConn allows one writer at a time, which the lock sees to.
type gorillaConn struct {
	*websocket.Conn
	mu   sync.Mutex
	done chan struct{}
}

func (c *gorillaConn) Send(msg []byte) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.WriteMessage(websocket.BinaryMessage, msg)
}

func (c *gorillaConn) prepared(m *websocket.PreparedMessage) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.WritePreparedMessage(m)
}

func (c *gorillaConn) Flush() error          { return nil }
func (c *gorillaConn) Done() <-chan struct{} { return c.done }
func (c *gorillaConn) Close() error          { return end(c.done, c.Conn.Close) }

// read calls f with each message until there are no more.
func (c *gorillaConn) read(f func(msg []byte) error) {
	for {
		_, msg, err := c.ReadMessage()
		if err != nil || f(msg) != nil {
			return
		}
	}
}

type gorillaServer struct {
	*web
	rooms rooms[*gorillaConn]
	conns sync.WaitGroup
}

func serveGorilla(addr string, a app) (s server, err error) {
	g := new(gorillaServer)
	up := &websocket.Upgrader{ReadBufferSize: 4096, WriteBufferSize: 4096, WriteBufferPool: new(sync.Pool)}
	g.web, err = serveWeb(addr, func(w http.ResponseWriter, r *http.Request, room uint32) {
		ws, err := up.Upgrade(w, r, nil)
		if err != nil {
			return // the client has been told
		}
		c := &gorillaConn{Conn: ws}
		g.rooms.join(room, c)
		g.conns.Go(func() {
			defer ws.Close()
			defer g.rooms.leave(room, c)
			if c.Send(welcome) == nil {
				c.read(func(msg []byte) error { return a(msg, c) })
			}
		})
	})
	return g, err
}

func (s *gorillaServer) Publish(room uint32, msgs [][]byte) error {
	for _, m := range msgs {
		p, err := websocket.NewPreparedMessage(websocket.BinaryMessage, m)
		if err != nil {
			return err
		}
		for _, c := range s.rooms.all(room) {
			if err := c.prepared(p); err != nil {
				return err
			}
		}
	}
	return nil
}

func (s *gorillaServer) Close() error {
	err := s.web.Close()
	s.rooms.each(func(c *gorillaConn) { c.Conn.Close() })
	s.conns.Wait()
	return err
}

func dialGorilla(ctx context.Context, to target) (client, error) {
	ws, _, err := websocket.DefaultDialer.DialContext(ctx, wsURL(to), nil)
	if err != nil {
		return nil, err
	}
	if _, _, err := ws.ReadMessage(); err != nil { // the welcome
		ws.Close()
		return nil, err
	}
	c := &gorillaConn{Conn: ws, done: make(chan struct{})}
	go func() {
		defer close(c.done)
		c.read(func(msg []byte) error {
			to.receive(c, msg)
			return nil
		})
	}()
	return c, nil
}
