package main

import (
	"encoding/gob"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"sync"
	"sync/atomic"
)

// Stand is what a child does as a server; its methods are called by the parent.
type Stand struct {
	srv   server
	sink  sink
	seqs  []uint64              // what each room was sent
	first atomic.Pointer[error] // that publishing returned

	profile *os.File // being written, if it is
}

// Serve says what to serve.
type Serve struct {
	Peer   string
	Addr   string
	Does   string // a work
	Ledger string // for a storm, the file to write down what has come
}

// Served says where.
type Served struct {
	Addr    string
	Trigger string
	PID     int
}

// Serve starts the server, and takes commands of the crowd.
func (s *Stand) Serve(args Serve, reply *Served) error {
	p := peerNamed(args.Peer)
	a, err := s.app(args)
	if err != nil {
		return err
	}
	if s.srv, err = p.serve(args.Addr, a); err != nil {
		return err
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return err
	}
	go func() {
		nc, err := ln.Accept()
		if err == nil {
			s.obey(nc)
		}
	}()
	*reply = Served{s.srv.Addr(), ln.Addr().String(), os.Getpid()}
	return nil
}

func (s *Stand) app(args Serve) (app, error) {
	switch args.Does {
	case "fanout":
		return func([]byte, sender) error { return nil }, nil
	case "echo":
		return func(msg []byte, from sender) error { return from.Send(msg) }, nil
	case "stream":
		return func(msg []byte, _ sender) error { return s.sink.take(msg) }, nil
	case "storm":
		l, err := openLedger(args.Ledger)
		if err != nil {
			return nil, err
		}
		return l.app, nil
	}
	return nil, fmt.Errorf("nothing is called %q", args.Does)
}

// obey does what the crowd asks until it has gone.
func (s *Stand) obey(nc net.Conn) {
	defer nc.Close()
	answers := gob.NewEncoder(nc)
	for {
		var c command
		var t Tally
		if c.read(nc) != nil {
			return
		}
		switch c.op {
		case opPublish:
			s.publish(c)
			continue
		case opExpect:
			s.sink.expect(int(c.rooms))
		case opAwait:
			t = s.sink.await()
		case opReport:
			t.Garbage = collections()
		}
		if err := s.first.Load(); err != nil {
			t.Err = (*err).Error()
		}
		if answers.Encode(t) != nil {
			return
		}
	}
}

// publish publishes a burst to each of the rooms.
func (s *Stand) publish(c command) {
	if n := int(c.rooms); n > len(s.seqs) {
		s.seqs = append(s.seqs, make([]uint64, n-len(s.seqs))...)
	}
	if c.by <= 1 {
		s.publishTo(0, c.rooms, c)
		return
	}
	var wg sync.WaitGroup
	for i := range c.by {
		wg.Go(func() { s.publishTo(c.rooms*i/c.by, c.rooms*(i+1)/c.by, c) })
	}
	wg.Wait()
}

// publishTo publishes to the rooms from one on to below another.
func (s *Stand) publishTo(from, to uint32, c command) {
	msgs := make([][]byte, c.burst)
	for i := range msgs {
		msgs[i] = make([]byte, c.size)
	}
	for room := from; room < to; room++ {
		for _, m := range msgs {
			header{seq: s.seqs[room], source: room}.put(m)
			s.seqs[room]++
		}
		if err := s.srv.Publish(room, msgs); err != nil {
			s.first.CompareAndSwap(nil, &err)
		}
	}
}

// Memory is what the server's process occupies.
type Memory struct {
	Resident    int64 // as the kernel sees it
	Heap, Stack uint64
	Goroutines  int
}

// Memory measures after a garbage collection that gives back what is free.
func (s *Stand) Memory(_ struct{}, m *Memory) error {
	debug.FreeOSMemory()
	debug.FreeOSMemory() // what finalizers and pools held through the first
	var st runtime.MemStats
	runtime.ReadMemStats(&st)
	m.Heap, m.Stack, m.Goroutines = st.HeapAlloc, st.StackInuse, runtime.NumGoroutine()
	var err error
	m.Resident, err = resident(os.Getpid())
	return err
}
