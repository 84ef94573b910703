package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"time"
)

// In a storm the server's process is killed and started anew, with clients that
// each say something every second. The figure is the time from the new server's
// start until the last client has been welcomed by it. What the server consumed
// is in a ledger that survives it, so that losses can be counted: a message is
// lost if Send accepted it, nobody consumed it, and nobody has said so.
var stormWork = &work{
	name:   "storm",
	brief:  "storm",
	key:    anyCase,
	title:  "Reconnect storm: the server is killed and started again",
	rounds: 2,
	figures: []figure{
		{name: "all back", unit: "s"},
		{name: "half back", unit: "s"},
		{name: "peak dials", unit: "1/s"},
		{name: "dials/client", unit: ""},
		{name: "lost", unit: ""},
		{name: "reported unknown", unit: ""},
		{name: "refused by Send", unit: ""},
	},
	parts: func(s scale) []part {
		at := where{"", plural(s.stormClients, "client"), float64(s.stormClients)}
		return []part{{cases: []turn{{at, func(ctx context.Context, e *entry) error { return e.storm(ctx, at) }}}}}
	},
}

func (e *entry) storm(ctx context.Context, at where) error {
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	serve := Serve{Peer: e.peer.name, Addr: "127.0.0.1:0", Does: "storm", Ledger: filepath.Join(dir, "ledger")}

	server, err := start(ctx)
	if err != nil {
		return err
	}
	defer func() { server.stop() }()
	crowd, err := start(ctx)
	if err != nil {
		return err
	}
	defer crowd.stop()
	var served Served
	if err := server.call(ctx, "Stand.Serve", serve, &served); err != nil {
		return err
	}
	n := e.scale.stormClients
	args := Weather{Peer: e.peer.name, Addr: served.Addr, Clients: n, Every: e.scale.stormEvery, Ledger: serve.Ledger}
	if err := crowd.call(ctx, "Crowd.Storm", args, nil); err != nil {
		return err
	}
	if err := sleep(ctx, 2*e.scale.stormEvery); err != nil {
		return err
	}

	server.kill()
	if err := sleep(ctx, e.scale.stormDown/4); err != nil { // what it said last has arrived
		return err
	}
	if err := crowd.call(ctx, "Crowd.Down", struct{}{}, nil); err != nil {
		return err
	}
	if err := sleep(ctx, e.scale.stormDown*3/4); err != nil {
		return err
	}
	serve.Addr = served.Addr
	if server, err = start(ctx); err != nil {
		return err
	}
	if err := server.call(ctx, "Stand.Serve", serve, &served); err != nil {
		return err
	}
	var got Weathered
	if err := crowd.call(ctx, "Crowd.Back", 2*patience, &got); err != nil {
		return err
	}
	e.add(at, got.Faults, got.All.Seconds(), got.Half.Seconds(), got.PeakDials,
		float64(got.Dials)/float64(n), float64(got.Faults.Lost), float64(got.Unknown), float64(got.Refused))
	return nil
}

// Weather says what clients to make.
type Weather struct {
	Peer, Addr string
	Clients    int
	Every      time.Duration // each says something so often
	Ledger     string
}

// Weathered is what was measured.
type Weathered struct {
	All, Half time.Duration
	PeakDials float64 // in a second, taken over tenths of it, since there is a server again
	Dials     uint64  // since it was killed
	Unknown   uint64  // messages that are lost, and the peer said that they might be
	Refused   uint64  // messages that Send returned an error for
	Faults    Faults  // Lost: Send accepted it, nobody consumed it, and nobody said so
}

// A storm is the clients' side.
type storm struct {
	sailors []*sailor
	ledger  *ledger
	every   time.Duration
	quiet   chan struct{} // closed when nothing more is to be sent
	sending sync.WaitGroup

	mu    sync.Mutex // covers what follows
	down  bool
	dials map[int64]uint64 // by tenths of a second, since down
	back  []time.Time      // first welcomes, since down
	all   chan struct{}    // closed when all are back
}

// A sailor is one client. Its fields belong to the goroutine that sends, but
// those that the storm's mutex covers.
type sailor struct {
	id       uint32
	cl       client
	accepted []bool // by number: Send returned nil
	refused  uint64

	back    bool
	unknown map[uint64]bool // by number
}

// Storm makes clients, and has them send.
func (c *Crowd) Storm(args Weather, _ *struct{}) (err error) {
	s := &storm{every: args.Every, quiet: make(chan struct{}), dials: make(map[int64]uint64), all: make(chan struct{})}
	c.storm = s
	if s.ledger, err = openLedger(args.Ledger); err != nil {
		return err
	}
	for i := range args.Clients {
		s.sailors = append(s.sailors, &sailor{id: uint32(i), unknown: make(map[uint64]bool)})
	}
	p := peerNamed(args.Peer)
	return inParallel(64, args.Clients, func(i int) error {
		sl := s.sailors[i]
		var err error
		sl.cl, err = kept(context.Background(), p, target{addr: args.Addr, receive: func(client, []byte) {}},
			keeping{s.dialled, func() { s.welcomed(sl) }, func(msgs [][]byte) { s.doubted(sl, msgs) }})
		if err != nil {
			return fmt.Errorf("client %d: %w", i, err)
		}
		s.sending.Go(func() { sl.send(args.Every, s.quiet) })
		return nil
	})
}

// send sends a numbered message now and then, beginning at a random instant.
func (sl *sailor) send(every time.Duration, quiet <-chan struct{}) {
	wait := time.NewTimer(rand.N(every))
	defer wait.Stop()
	msg := make([]byte, echoSize)
	for seq := uint64(0); seq < ledgerRow; seq++ {
		select {
		case <-wait.C:
			wait.Reset(every)
		case <-quiet:
			return
		}
		header{seq: seq, source: sl.id}.put(msg)
		err := sl.cl.Send(msg)
		if err != nil {
			sl.refused++
		}
		sl.accepted = append(sl.accepted, err == nil)
	}
}

// tenthOf numbers the tenths of seconds.
func tenthOf(t time.Time) int64 { return t.UnixMilli() / 100 }

func (s *storm) dialled() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down {
		s.dials[tenthOf(time.Now())]++
	}
}

func (s *storm) welcomed(sl *sailor) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.down && !sl.back {
		sl.back = true
		if s.back = append(s.back, time.Now()); len(s.back) == len(s.sailors) {
			close(s.all)
		}
	}
}

func (s *storm) doubted(sl *sailor, msgs [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, m := range msgs {
		if h, ok := parse(m); ok {
			sl.unknown[h.seq] = true
		}
	}
}

// Down says that the server has been killed.
func (c *Crowd) Down(_ struct{}, _ *struct{}) error {
	c.storm.mu.Lock()
	defer c.storm.mu.Unlock()
	c.storm.down = true
	return nil
}

// Back says that there is a server again, waits until everybody has come back
// to it, and then draws the balance.
func (c *Crowd) Back(most time.Duration, reply *Weathered) error {
	s, up := c.storm, time.Now()
	select {
	case <-s.all:
	case <-time.After(most):
		s.mu.Lock()
		defer s.mu.Unlock()
		return fmt.Errorf("%d of %d clients are back after %v", len(s.back), len(s.sailors), most)
	}
	time.Sleep(2 * s.every) // what was kept back goes out
	close(s.quiet)
	s.sending.Wait()
	time.Sleep(2 * s.every) // and arrives

	s.mu.Lock()
	defer s.mu.Unlock()
	reply.All = s.back[len(s.back)-1].Sub(up)
	reply.Half = s.back[len(s.back)/2].Sub(up)
	for tenth, n := range s.dials {
		reply.Dials += n
		if tenth >= tenthOf(up) {
			reply.PeakDials = max(reply.PeakDials, 10*float64(n))
		}
	}
	for _, sl := range s.sailors {
		reply.Refused += sl.refused
		row := s.ledger.row(sl.id)
		for seq, accepted := range sl.accepted {
			switch times := row[seq]; {
			case times > 1:
				reply.Faults.Repeated++
			case times == 0 && sl.unknown[uint64(seq)]:
				reply.Unknown++
			case times == 0 && accepted:
				reply.Faults.Lost++
			}
		}
	}
	return nil
}
