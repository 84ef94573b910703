package faultproxy

import (
	"fmt"
	"io"
	"net"
	"time"
)

// Mode is what a proxy does with new connections.
type Mode uint8

const (
	// Forward connects them to the target. It is the initial mode.
	Forward Mode = iota
	// Refuse closes the listener, so that dials fail with ECONNREFUSED.
	Refuse
	// Reset accepts and resets at once.
	Reset
	// Silent accepts and says nothing; what the client sends is swallowed. A
	// silent connection stays silent until its client or [Proxy.Cut] ends it.
	Silent
)

// SetMode changes what becomes of new connections; links stay as they are. It
// fails when the address that was given up for [Refuse] cannot be had again,
// and with [net.ErrClosed] after Close.
func (p *Proxy) SetMode(mode Mode) error {
	p.switching.Lock()
	defer p.switching.Unlock()

	p.mu.Lock()
	p.mode = mode
	listener := p.listener
	closed := p.closed
	if mode == Refuse {
		p.listener = nil
	}
	p.mu.Unlock()

	switch {
	case closed:
		return fmt.Errorf("faultproxy: set mode: %w", net.ErrClosed)
	case mode == Refuse && listener != nil:
		return listener.Close()
	case mode != Refuse && listener == nil:
		return p.relisten()
	}
	return nil
}

// relisten takes the proxy's address again.
func (p *Proxy) relisten() error {
	listener, err := net.Listen(p.addr.Network(), p.addr.String())
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = listener.Close()
		return fmt.Errorf("faultproxy: set mode: %w", net.ErrClosed)
	}
	p.listener = listener
	p.wg.Add(1)
	go p.accept(listener)
	return nil
}

// Pause stops listening and resets all links, as if whatever stands between
// client and server had gone down.
func (p *Proxy) Pause() error {
	err := p.SetMode(Refuse)
	p.Cut(RST)
	return err
}

// Resume listens again at the same address, in mode [Forward].
func (p *Proxy) Resume() error { return p.SetMode(Forward) }

// accept owns one listener until it is closed. Errors such as having no file
// descriptor left are waited out, 5 ms at first and at most 1 s.
func (p *Proxy) accept(listener net.Listener) {
	defer p.wg.Done()
	defer listener.Close()
	delay := time.Duration(0)
	for {
		client, err := listener.Accept()
		if err == nil {
			delay = 0
			p.welcome(client)
			continue
		}
		p.mu.Lock()
		current := p.listener == listener
		p.mu.Unlock()
		if !current {
			return
		}
		delay = min(max(2*delay, 5*time.Millisecond), time.Second)
		select {
		case <-time.After(delay):
		case <-p.ctx.Done():
			return
		}
	}
}

// welcome starts what the mode asks for.
func (p *Proxy) welcome(client net.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.mode == Reset || p.mode == Refuse {
		abort(client)
		return
	}
	p.wg.Add(1)
	if p.mode == Silent {
		p.silent[client] = struct{}{}
		go p.ignore(client)
		return
	}
	p.accepted++
	go p.serve(client, p.accepted, p.cuts)
}

// ignore swallows what a client sends until the connection ends.
func (p *Proxy) ignore(client net.Conn) {
	defer p.wg.Done()
	_, _ = io.Copy(io.Discard, client)
	p.mu.Lock()
	delete(p.silent, client)
	p.mu.Unlock()
	_ = client.Close()
}

// abort closes a connection with a reset, where the transport has one.
func abort(c net.Conn) {
	resetOnClose(c)
	_ = c.Close()
}

func resetOnClose(c net.Conn) {
	if tcp, ok := c.(*net.TCPConn); ok {
		_ = tcp.SetLinger(0)
	}
}
