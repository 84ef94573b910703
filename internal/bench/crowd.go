package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Crowd is what a child does as many clients; its methods are called by the
// parent. It measures, because it alone knows when everything has arrived.
type Crowd struct {
	at      Served
	trigger *trigger
	fanout  fanout
	stream  client
	storm   *storm

	mu      sync.Mutex // covers echoers while they are made
	echoers []*echoer
}

// Connect says how many clients to make, and what for.
type Connect struct {
	Peer    string
	At      Served
	Does    string // a work
	Clients int
	Rooms   int // the clients are dealt out to so many
}

// Connect makes the clients, some at a time, and says how long that took.
func (c *Crowd) Connect(args Connect, took *time.Duration) (err error) {
	c.at = args.At
	if c.trigger, err = dialTrigger(args.At.Trigger); err != nil {
		return err
	}
	p := peerNamed(args.Peer)
	began := time.Now()
	err = inParallel(64, args.Clients, func(i int) error {
		to := target{addr: args.At.Addr, room: uint32(i % max(1, args.Rooms))}
		made := c.place(args.Does, &to)
		cl, err := p.dial(context.Background(), to)
		if err != nil {
			return fmt.Errorf("client %d: %w", i, err)
		}
		made(cl)
		return nil
	})
	*took = time.Since(began)
	return err
}

// place says what the next client receives for. made is told of it.
func (c *Crowd) place(does string, to *target) (made func(client)) {
	switch does {
	case "echo":
		e := newEchoer()
		to.receive = e.receive
		return func(cl client) { c.addEchoer(e, cl) }
	case "stream":
		to.receive, to.stream = func(client, []byte) {}, true
		return func(cl client) { c.stream = cl }
	}
	to.receive = c.fanout.member(to.room)
	return func(client) {}
}

// inParallel calls f with 0 to n-1, in so many goroutines, until one fails.
func inParallel(workers, n int, f func(i int) error) error {
	var wg sync.WaitGroup
	next := make(chan int)
	failed := make(chan error, workers)
	for range min(workers, n) {
		wg.Go(func() {
			for i := range next {
				if err := f(i); err != nil {
					failed <- err
					return
				}
			}
		})
	}
	var err error
feed:
	for i := range n {
		select {
		case next <- i:
		case err = <-failed:
			break feed
		}
	}
	close(next)
	wg.Wait()
	select {
	case other := <-failed:
		err = errors.Join(err, other)
	default:
	}
	return err
}
