package conntest

import (
	"net"
	"sync"
)

// A listener holds the links that were dialed but not yet accepted.
type listener struct {
	network *Network
	address addr

	mu      sync.Mutex // taken after the network's and never held with a link's
	waiting []*conn
	closed  bool
	bell
}

func (l *listener) Addr() net.Addr { return l.address }

// enqueue reports false when the listener has closed.
func (l *listener) enqueue(c *conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.waiting = append(l.waiting, c)
	l.ring()
	return true
}

// Accept returns links in the order in which they were dialed.
func (l *listener) Accept() (net.Conn, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.waiting) == 0 && !l.closed {
		changed := l.wait()
		l.mu.Unlock()
		<-changed
		l.mu.Lock()
	}
	if l.closed {
		return nil, l.fail("accept")
	}
	c := l.waiting[0]
	l.waiting = l.waiting[1:]
	return c, nil
}

// Close frees the address and resets what nobody accepted.
func (l *listener) Close() error {
	l.network.mu.Lock()
	if l.network.listeners[string(l.address)] == l {
		delete(l.network.listeners, string(l.address))
	}
	l.network.mu.Unlock()

	l.mu.Lock()
	if l.closed {
		l.mu.Unlock()
		return l.fail("close")
	}
	l.closed = true
	waiting := l.waiting
	l.waiting = nil
	l.ring()
	l.mu.Unlock()
	for _, c := range waiting {
		c.link.Cut(RST)
	}
	return nil
}

func (l *listener) fail(op string) error {
	return &net.OpError{Op: op, Net: "mem", Addr: l.address, Err: net.ErrClosed}
}
