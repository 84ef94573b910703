package main

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"sync"
	"sync/atomic"

	"github.com/longsplice/longsplice/conn"
)

// Longsplice with the library's defaults: sessions, acknowledgements, heartbeats
// and limits are on. Its fan-out offers one batch to each member's Conn.
var longsplicePeer = &peer{
	name:     "longsplice",
	ours:     true,
	promises: true,
	tuned:    "the zero Config; a burst is one Batch, shared by all members",
	serve:    func(addr string, a app) (server, error) { return serveLongsplice(addr, a, nil) },
	dial: func(ctx context.Context, to target) (client, error) {
		return dialLongsplice(ctx, to, to.addr, nil)
	},
	keep: keepLongsplice,
}

// A sessions server is a Longsplice server.
type sessions struct {
	srv    *conn.Server
	ln     net.Listener
	rooms  rooms[*conn.Conn]
	served sync.WaitGroup
}

// serveLongsplice serves what comes from addr, through over if that is not nil.
func serveLongsplice(addr string, a app, over func(net.Listener) net.Listener) (*sessions, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	s := &sessions{ln: ln}
	s.srv = conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		return s.serve(ctx, c, a)
	}), nil)
	links := ln
	if over != nil {
		links = over(ln)
	}
	s.served.Go(func() { s.srv.Serve(context.Background(), links) })
	return s, nil
}

func (s *sessions) serve(ctx context.Context, c *conn.Conn, a app) error {
	hello, err := c.Receive(ctx)
	if err != nil {
		return err
	}
	room := binary.BigEndian.Uint32(hello)
	s.rooms.join(room, c)
	defer s.rooms.leave(room, c)
	if err := c.Send(ctx, hello); err != nil {
		return err
	}
	reply := func(msg []byte) error { return c.Send(ctx, msg) }
	for msg, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := a(msg, reply); err != nil {
			return err
		}
	}
	return nil
}

func (s *sessions) Addr() string { return s.ln.Addr().String() }

func (s *sessions) Publish(room uint32, msgs [][]byte) error {
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

func dialLongsplice(ctx context.Context, to target, addr string, cfg *conn.Config) (client, error) {
	c, err := conn.Dial(ctx, addr, cfg)
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

// A kept client is one that begins another session when one is lost, and sends
// again what is known not to have been delivered.
type keptSplice struct {
	now  atomic.Pointer[conn.Conn]
	stop context.CancelFunc
	done chan struct{}
}

func keepLongsplice(ctx context.Context, to target, k keeping) (client, error) {
	ctx, stop := context.WithCancel(context.WithoutCancel(ctx))
	s := &keptSplice{stop: stop, done: make(chan struct{})}
	cfg := &conn.Config{Dialers: map[string]conn.DialFunc{
		"tcp": func(ctx context.Context, addr string) (net.Conn, error) {
			k.dialled()
			return new(net.Dialer).DialContext(ctx, "tcp", addr)
		},
	}}
	var again [][]byte
	began := make(chan struct{})
	first := sync.OnceFunc(func() { close(began) })
	session := func(ctx context.Context, c *conn.Conn) error {
		err := enter(ctx, c, to.room)
		for len(again) > 0 && err == nil {
			if err = c.Send(ctx, again[0]); err == nil {
				again = again[1:]
			}
		}
		if err == nil {
			s.now.Store(c)
			k.connected()
			first()
		}
		for msg, rerr := range c.Messages(ctx) {
			if err = rerr; err == nil {
				to.receive(s, msg)
			}
		}
		if lost := new(conn.LostError); errors.As(err, &lost) {
			k.unknown(lost.Unknown)
			again = append(mine(lost.Undelivered), again...)
		}
		return err
	}
	go func() {
		defer close(s.done)
		_ = conn.Run(ctx, to.addr, conn.HandlerFunc(session), cfg) // it ends with Close
	}()
	select {
	case <-began:
		return s, nil
	case <-s.done:
		return nil, errors.New("no session")
	}
}

// mine leaves out the greeting, which each session makes anew.
func mine(msgs [][]byte) (own [][]byte) {
	for _, m := range msgs {
		if len(m) >= headerSize {
			own = append(own, m)
		}
	}
	return own
}

func (s *keptSplice) Send(msg []byte) error {
	return s.now.Load().Send(context.Background(), msg)
}
func (s *keptSplice) Flush() error          { return nil }
func (s *keptSplice) Done() <-chan struct{} { return s.done }

func (s *keptSplice) Close() error {
	s.stop()
	<-s.done
	return nil
}
