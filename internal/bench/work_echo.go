package main

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/HdrHistogram/hdrhistogram-go"
)

// In an echo each client sends a message and waits for the answer before it sends
// the next. The clients share the machine with the server, so their cost is part
// of the latency.
var echoWork = &work{
	name:  "echo",
	brief: "echo",
	key:   anyCase,
	title: "Echo: round trip of 64 bytes",
	figures: []figure{
		{name: "p50", unit: "µs"},
		{name: "p99", unit: "µs"},
		{name: "p99.9", unit: "µs"},
		{name: "server CPU/echo", unit: "µs"},
	},
	parts: func(s scale) (all []part) {
		for _, conns := range s.echoConns {
			all = append(all, part{does: "echo", clients: conns, rooms: 1, cases: []turn{echoTurn(conns, s.time)}})
		}
		return all
	},
}

func echoTurn(conns int, long time.Duration) turn {
	at := where{"", plural(conns, "connection"), float64(conns)}
	return turn{at, func(ctx context.Context, e *entry) error {
		var got Echoed
		if err := e.rig.crowd.call(ctx, "Crowd.Echo", long, &got); err != nil {
			return err
		}
		e.add(at, got.Faults, micros(got.P50), micros(got.P99), micros(got.P999), micros(got.Cost.Server)/float64(got.Echoes))
		return nil
	}}
}

// Echoed is what was measured.
type Echoed struct {
	Cost           Cost
	Echoes         int64
	P50, P99, P999 time.Duration
	Faults         Faults
}

const echoSize = 64

// An echoer is one client. Its fields belong to whoever sends the next message,
// which is whoever has received the answer to the one before.
type echoer struct {
	cl     client
	msg    []byte
	seq    uint64
	sentAt time.Time
	hist   *hdrhistogram.Histogram
	check  checker
	broken uint64

	sent   atomic.Uint64 // hands the fields over from Send to the answer
	failed atomic.Pointer[error]
	stage  *atomic.Int32   // of all
	idle   *sync.WaitGroup // done when it has stopped
}

const (
	echoWarm = iota
	echoMeasured
	echoEnds
)

func newEchoer() *echoer {
	const longest = 10 * time.Second
	return &echoer{msg: make([]byte, echoSize), hist: hdrhistogram.New(1, int64(longest), 3)}
}

func (c *Crowd) addEchoer(e *echoer, cl client) {
	e.cl = cl
	c.mu.Lock()
	defer c.mu.Unlock()
	c.echoers = append(c.echoers, e)
}

func (e *echoer) receive(_ client, msg []byte) {
	now := time.Now()
	e.sent.Load()
	took := now.Sub(e.sentAt)
	if h, ok := parse(msg); !ok {
		e.broken++
	} else if !e.check.take(h.seq) {
		return // the answer has been there already
	}
	switch e.stage.Load() {
	case echoMeasured:
		_ = e.hist.RecordValue(int64(took)) // one above 10 s shows in the sum that is missing
	case echoEnds:
		e.idle.Done()
		return
	}
	e.next()
}

func (e *echoer) next() {
	header{seq: e.seq}.put(e.msg)
	e.seq++
	e.sentAt = time.Now()
	e.sent.Store(e.seq)
	// From here on the fields are those of whoever receives the answer.
	if err := e.cl.Send(e.msg); err != nil {
		e.failed.Store(&err)
		e.idle.Done()
	}
}

// Echo has all clients send, of which the first tenth is not measured.
func (c *Crowd) Echo(long time.Duration, reply *Echoed) error {
	var stage atomic.Int32
	var idle sync.WaitGroup
	idle.Add(len(c.echoers))
	for _, e := range c.echoers {
		e.hist.Reset()
		e.stage, e.idle = &stage, &idle
		e.next()
	}
	time.Sleep(long / 10)
	var err error
	reply.Cost, err = c.measure(func() error {
		stage.Store(echoMeasured)
		time.Sleep(long)
		return nil
	})
	stage.Store(echoEnds)
	if err != nil {
		return err
	}
	if !waitFor(&idle, patience) {
		return fmt.Errorf("%w: an echo", errLost)
	}
	all := newEchoer().hist
	for _, e := range c.echoers {
		if err := e.failed.Load(); err != nil {
			return *err
		}
		all.Merge(e.hist)
		reply.Faults.add(e.check.end(e.seq))
		reply.Faults.Broken += e.broken
		e.check, e.broken = checker{next: e.seq}, 0
	}
	reply.Echoes = all.TotalCount()
	at := func(percent float64) time.Duration { return time.Duration(all.ValueAtPercentile(percent)) }
	reply.P50, reply.P99, reply.P999 = at(50), at(99), at(99.9)
	if reply.Echoes == 0 {
		return fmt.Errorf("%w: no echo in %v", errLost, long)
	}
	return nil
}

// waitFor waits for wg, but no longer than d.
func waitFor(wg *sync.WaitGroup, d time.Duration) bool {
	done := make(chan struct{})
	go func() {
		wg.Wait()
		close(done)
	}()
	select {
	case <-done:
		return true
	case <-time.After(d):
		return false
	}
}
