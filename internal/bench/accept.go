package main

import (
	"net"
	"sync"
)

// An accepting server is a listener with one goroutine for each connection.
type accepting struct {
	ln    net.Listener
	mu    sync.Mutex
	conns map[net.Conn]bool // nil when closed
	wg    sync.WaitGroup
}

// accept serves connections until Close, each with a call of serve.
func accept(addr string, serve func(net.Conn)) (*accepting, error) {
	ln, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, err
	}
	a := &accepting{ln: ln, conns: make(map[net.Conn]bool)}
	a.wg.Go(func() {
		for {
			nc, err := ln.Accept()
			if err != nil {
				return
			}
			a.wg.Go(func() {
				defer nc.Close()
				if a.note(nc) {
					serve(nc)
					a.forget(nc)
				}
			})
		}
	})
	return a, nil
}

func (a *accepting) note(nc net.Conn) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.conns != nil {
		a.conns[nc] = true
	}
	return a.conns != nil
}

func (a *accepting) forget(nc net.Conn) {
	a.mu.Lock()
	defer a.mu.Unlock()
	delete(a.conns, nc)
}

func (a *accepting) Addr() string { return a.ln.Addr().String() }

func (a *accepting) Close() error {
	err := a.ln.Close()
	a.mu.Lock()
	for nc := range a.conns {
		nc.Close()
	}
	a.conns = nil
	a.mu.Unlock()
	a.wg.Wait()
	return err
}
