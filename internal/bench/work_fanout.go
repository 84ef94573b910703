package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// In a fan-out the server sends each message to all members of a room. The next
// one is published when every member has the one before, so that nobody gathers
// what was meant to be single. The figure is the processor time of the server's
// process for each delivery, with what it takes in a while after the turn, in
// which it does what it has put off.
//
// What a peer does once a second for each member, such as acknowledging, weighs the
// more the fewer publications there are in a second; so these are told as well.
var fanoutWork = &work{
	name:  "fanout",
	brief: "fan-out",
	key:   128,
	title: "Fan-out: one message, or a burst of 32, to every member of a room",
	figures: []figure{
		{name: "server CPU/delivery", unit: "µs"},
		{name: "client CPU/delivery", unit: "µs"},
		{name: "publications", unit: "1/s"},
		{name: "longest GC pause", unit: "µs"},
		{name: "GC of server CPU", unit: "%"},
	},
	parts: func(s scale) (all []part) {
		for _, members := range s.members {
			pt := part{does: "fanout", clients: members, rooms: 1}
			if members > 5_000 { // they take long, and are many measurements in one
				pt.rounds = 3
			}
			for _, burst := range []int{1, 32} {
				group := plural(members, "member") + ", one message at a time"
				if burst > 1 {
					group = fmt.Sprintf("%s, bursts of %d", plural(members, "member"), burst)
				}
				for _, size := range s.fanoutSizes {
					pt.cases = append(pt.cases, fanoutTurn(group, sizeOf(size), float64(size), Fanout{Rooms: 1, Burst: burst, Size: size, Time: s.turn(members)}))
				}
			}
			all = append(all, pt)
		}
		return all
	},
}

// fanoutTurn measures one kind of publication.
func fanoutTurn(group, label string, x float64, args Fanout) turn {
	at := where{group, label, x}
	return turn{at, func(ctx context.Context, e *entry) error {
		var got FannedOut
		if err := e.rig.crowd.call(ctx, "Crowd.Fanout", args, &got); err != nil {
			return err
		}
		e.billLater(func(after Spent, err error) {
			if err != nil {
				e.out.fail(e.work, e.peer, at, err)
				return
			}
			n, server, garbage := float64(got.Deliveries), after.Server-got.Began.Server, after.Garbage.since(got.Began.Garbage)
			e.add(at, got.Faults, micros(server)/n, micros(after.Crowd-got.Began.Crowd)/n,
				float64(got.Publications)/got.Wall.Seconds(),
				micros(garbage.longest()), 100*float64(garbage.CPU)/float64(server))
		})
		return nil
	}}
}

// Fanout says what to measure.
type Fanout struct {
	Rooms, Burst, Size int
	Publishers         int // goroutines; none counts as one
	Time               time.Duration
}

// FannedOut is what was measured.
type FannedOut struct {
	Began        Spent
	Wall         time.Duration
	Deliveries   uint64
	Publications int
	Faults       Faults
}

// A fanout is the members' side.
type fanout struct {
	mu      sync.Mutex // covers members and sent
	members []*member
	rooms   map[uint32]uint64 // how many members each has
	sent    uint64            // to each room

	got     atomic.Uint64 // deliveries so far
	want    atomic.Uint64 // when there are as many, arrived is told
	arrived chan struct{}
}

// A member is one client of a room.
type member struct {
	f      *fanout
	room   uint32
	mu     sync.Mutex
	check  checker
	broken uint64
}

// member makes another member of a room.
func (f *fanout) member(room uint32) receiver {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.arrived == nil {
		f.arrived = make(chan struct{}, 1)
		f.rooms = make(map[uint32]uint64)
	}
	m := &member{f: f, room: room}
	f.members = append(f.members, m)
	f.rooms[room]++
	return m.receive
}

func (m *member) receive(_ client, msg []byte) {
	h, ok := parse(msg)
	m.mu.Lock()
	taken := false
	if !ok || h.source != m.room {
		m.broken++
	} else {
		taken = m.check.take(h.seq)
	}
	m.mu.Unlock()
	if taken && m.f.got.Add(1) == m.f.want.Load() {
		m.f.arrived <- struct{}{}
	}
}

// faults are what the members have found since the last call.
func (f *fanout) faults() (all Faults) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, m := range f.members {
		m.mu.Lock()
		all.add(m.check.end(f.sent))
		all.Broken += m.broken
		m.check, m.broken = checker{next: f.sent}, 0
		m.mu.Unlock()
	}
	return all
}

// patience is how long a publication may take to arrive everywhere.
var patience = time.Minute

var errLost = errors.New("not everything has arrived")

// publish has the server publish a burst to each room, and waits until it has
// arrived everywhere.
func (c *Crowd) publish(args Fanout) error {
	f := &c.fanout
	f.sent += uint64(args.Burst)
	f.want.Add(uint64(args.Burst) * uint64(len(f.members)))
	err := command{opPublish, uint32(args.Rooms), uint32(args.Burst), uint32(args.Size), uint32(args.Publishers)}.write(c.trigger)
	if err != nil {
		return err
	}
	select {
	case <-f.arrived:
		return nil
	case <-time.After(patience):
		return fmt.Errorf("%w: %d of %d deliveries", errLost, f.got.Load(), f.want.Load())
	}
}

// Fanout publishes for a while, after a tenth of that to get warm.
func (c *Crowd) Fanout(args Fanout, reply *FannedOut) (err error) {
	for warm := time.Now().Add(args.Time / 10); ; {
		if err := c.publish(args); err != nil {
			return err
		}
		if time.Now().After(warm) {
			break
		}
	}
	before := c.fanout.got.Load()
	t, err := c.trigger.ask(command{op: opReport})
	if err != nil {
		return err
	}
	reply.Began.Garbage = t.Garbage
	if reply.Began.Clocks, err = c.clocks(); err != nil {
		return err
	}
	for began := time.Now(); reply.Wall < args.Time; reply.Publications++ {
		if err := c.publish(args); err != nil {
			return err
		}
		reply.Wall = time.Since(began)
	}
	reply.Deliveries = c.fanout.got.Load() - before
	reply.Faults = c.fanout.faults()
	if t, err = c.trigger.ask(command{op: opReport}); err == nil && t.Err != "" {
		err = errors.New(t.Err)
	}
	return err
}
