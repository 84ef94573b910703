package conntest

import (
	"context"
	"fmt"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

// Config says how a [Network] is built. The zero value is useful.
type Config struct {
	// Buffer is how many bytes each direction of a link holds between Write
	// and Read. Zero or less means 64 KiB.
	Buffer int

	// OnLink, if set, is called for every new link before either end can use
	// it, so that a fault may strike at the first byte. It is called in the
	// goroutine that dials, without locks held.
	OnLink func(*Link)
}

// A Network is an in-memory network whose links behave as TCP connections do
// and fail as they are told. The zero value is a network without faults. All
// methods are safe for concurrent use. It owns no goroutine, so there is
// nothing to close, but see [Network.Close].
type Network struct {
	config Config

	mu        sync.Mutex // taken before a link's mutex, never after
	listeners map[string]*listener
	links     []*Link // may contain links that are over
	sweepAt   int     // sweep when links has grown to this length
	made      int     // links so far
	named     int     // listeners named by the network
	refusing  bool
	hanging   bool
	closed    bool
	ways      [2]way
	bell      // hanging, stalls or closed changed
}

// A way is what new links inherit in one direction.
type way struct {
	stalled bool
	latency time.Duration
	slice   int
}

// New returns a network. A nil config means the zero Config.
func New(config *Config) *Network {
	n := &Network{}
	if config != nil {
		n.config = *config
	}
	return n
}

// Pipe returns the two ends of one link without a network or a listener.
func Pipe() (client, server net.Conn) {
	l := newLink(0, "client", "server")
	return l.client, l.server
}

// Listen announces an address of any form; the empty one asks for a new name.
// It fails with [syscall.EADDRINUSE] while another listener has the address.
// Like a kernel it completes dials before they are accepted, without a limit;
// closing the listener resets those that nobody accepted.
func (n *Network) Listen(address string) (net.Listener, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if address == "" {
		n.named++
		address = fmt.Sprintf("server:%d", n.named)
	}
	if n.closed || n.listeners[address] != nil {
		err := os.NewSyscallError("bind", syscall.EADDRINUSE)
		if n.closed {
			err = net.ErrClosed
		}
		return nil, &net.OpError{Op: "listen", Net: "mem", Addr: addr(address), Err: err}
	}
	if n.listeners == nil {
		n.listeners = map[string]*listener{}
	}
	l := &listener{network: n, address: addr(address)}
	n.listeners[address] = l
	return l, nil
}

// Dial connects to a listener. It takes one round trip of the configured
// latency, hangs while either direction of the whole network is stalled or
// [Network.HangDials] says so, and fails with [syscall.ECONNREFUSED] when
// nobody listens, or with the context's error.
func (n *Network) Dial(ctx context.Context, address string) (net.Conn, error) {
	return n.DialFrom(ctx, "", address)
}

// DialFrom is Dial with a local address of the caller's choice, for servers
// that judge their clients by address. The empty one means "client:N", where
// N is the [Link.ID].
func (n *Network) DialFrom(ctx context.Context, local, address string) (net.Conn, error) {
	fail := func(err error) error {
		return &net.OpError{Op: "dial", Net: "mem", Addr: addr(address), Err: err}
	}
	if err := n.handshake(ctx); err != nil {
		return nil, fail(err)
	}
	refused := os.NewSyscallError("connect", syscall.ECONNREFUSED)
	l, to := n.newLink(local, address)
	if l == nil {
		return nil, fail(refused)
	}
	if n.config.OnLink != nil {
		n.config.OnLink(l)
	}
	if !to.enqueue(l.server) {
		l.Cut(RST)
		return nil, fail(refused)
	}
	return l.client, nil
}

// newLink makes a link to whoever listens, or returns nil.
func (n *Network) newLink(local, address string) (*Link, *listener) {
	n.mu.Lock()
	defer n.mu.Unlock()
	to := n.listeners[address]
	if to == nil || n.refusing || n.closed {
		return nil, nil
	}
	n.made++
	if local == "" {
		local = fmt.Sprintf("client:%d", n.made)
	}
	l := newLink(n.config.Buffer, addr(local), to.address)
	l.id = n.made
	for i, w := range n.ways {
		s := &l.streams[i]
		s.stalled, s.latency, s.slice = w.stalled, w.latency, w.slice
	}
	if len(n.links) >= n.sweepAt {
		n.sweep()
		n.sweepAt = 2*len(n.links) + 16
	}
	n.links = append(n.links, l)
	return l, to
}

// handshake waits for as long as a dial would.
func (n *Network) handshake(ctx context.Context) error {
	n.mu.Lock()
	for (n.hanging || n.ways[0].stalled || n.ways[1].stalled) && !n.closed {
		changed := n.wait()
		n.mu.Unlock()
		select {
		case <-changed:
		case <-ctx.Done():
			return ctx.Err()
		}
		n.mu.Lock()
	}
	roundTrip := n.ways[0].latency + n.ways[1].latency
	n.mu.Unlock()
	if err := ctx.Err(); err != nil || roundTrip <= 0 {
		return err
	}
	timer := time.NewTimer(roundTrip)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// sweep forgets links that are over.
func (n *Network) sweep() {
	live := n.links[:0]
	for _, l := range n.links {
		if !l.Over() {
			live = append(live, l)
		}
	}
	clear(n.links[len(live):])
	n.links = live
}
