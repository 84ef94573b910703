package main

import (
	"context"
	"errors"
	"sync"
	"time"
)

// In a stream one connection carries messages one way as fast as they go, from
// one goroutine or many, until all of them have been received.
var streamWork = &work{
	name:  "stream",
	brief: "stream",
	key:   64,
	title: "One-way stream over one connection",
	figures: []figure{
		{name: "time/message", unit: "ns"},
		{name: "server CPU/message", unit: "ns"},
		{name: "client CPU/message", unit: "ns"},
		{name: "throughput", unit: "MB/s"},
	},
	parts: func(s scale) (all []part) {
		for _, senders := range s.senders {
			pt := part{does: "stream", clients: 1, rooms: 1}
			for _, size := range s.streamSizes {
				pt.cases = append(pt.cases, streamTurn(senders, size, s.time))
			}
			all = append(all, pt)
		}
		return all
	},
}

func streamTurn(senders, size int, long time.Duration) turn {
	at := where{plural(senders, "sender"), sizeOf(size), float64(size)}
	return turn{at, func(ctx context.Context, e *entry) error {
		args := Stream{Senders: senders, Size: size, Time: long}
		if e.peer == floorPeer {
			args.Senders = 1 // it has no way to be shared, and others are held to it
		}
		var got Streamed
		if err := e.rig.crowd.call(ctx, "Crowd.Stream", args, &got); err != nil {
			return err
		}
		n := float64(got.Messages)
		e.add(at, got.Faults, nanos(got.Cost.Wall)/n, nanos(got.Cost.Server)/n, nanos(got.Cost.Crowd)/n,
			n*float64(size)/got.Cost.Wall.Seconds()/1e6)
		return nil
	}}
}

// Stream says what to measure.
type Stream struct {
	Senders, Size int
	Time          time.Duration
}

// Streamed is what was measured.
type Streamed struct {
	Cost     Cost
	Messages uint64
	Faults   Faults
}

// Stream streams once to get warm, for a tenth of the time, and then measures.
func (c *Crowd) Stream(args Stream, reply *Streamed) error {
	warm := args
	warm.Time /= 10
	if _, err := c.streamOnce(warm); err != nil {
		return err
	}
	var sent Tally
	var err error
	reply.Cost, err = c.measure(func() (err error) {
		sent, err = c.streamOnce(args)
		return err
	})
	reply.Messages, reply.Faults = sent.Messages, sent.Faults
	return err
}

// streamOnce returns when the server has received all, with what it has found.
func (c *Crowd) streamOnce(args Stream) (Tally, error) {
	if _, err := c.trigger.ask(command{op: opExpect, rooms: uint32(args.Senders)}); err != nil {
		return Tally{}, err
	}
	until := time.Now().Add(args.Time)
	errs := make([]error, args.Senders)
	var wg sync.WaitGroup
	for i := range args.Senders {
		wg.Go(func() { errs[i] = c.sendUntil(until, uint32(i), args.Size) })
	}
	wg.Wait()
	if err := errors.Join(append(errs, c.stream.Flush())...); err != nil {
		return Tally{}, err
	}
	t, err := c.trigger.ask(command{op: opAwait})
	if err == nil && t.Err != "" {
		err = errors.New(t.Err)
	}
	return t, err
}

// sendUntil sends messages of one source, and marks the last.
func (c *Crowd) sendUntil(until time.Time, source uint32, size int) error {
	msg := make([]byte, size)
	h := header{source: source}
	few := uint64(max(1, 16<<10/size)) // to look at the clock costs as much as a message
	for ; ; h.seq++ {
		h.last = h.seq%few == 0 && time.Now().After(until)
		h.put(msg)
		if err := c.stream.Send(msg); err != nil || h.last {
			return err
		}
	}
}
