package main

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"

	"github.com/longsplice/longsplice/conn"
)

// A keptSplice begins another session when one is lost, and sends again what is
// known not to have been delivered.
type keptSplice struct {
	now  atomic.Pointer[conn.Conn]
	stop context.CancelFunc
	done chan struct{}
}

func keepLongsplice(to target, k keeping, cfg *conn.Config) (client, error) {
	ctx, stop := context.WithCancel(context.Background())
	s := &keptSplice{stop: stop, done: make(chan struct{})}
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
