package conn

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"sync"
)

// gate bounds the handshakes under way, in all and for one source. Those that
// are too many wait their turn; those of one source wait for each other alone.
type gate struct {
	all       chan struct{} // nil for no limit
	perSource int           // 0 for no limit
	waiting   int           // of one source; the next is sent away

	mu      sync.Mutex // covers what follows
	sources map[string]*queue
}

type queue struct {
	turns chan struct{}
	users int
}

func (g *gate) init(cfg *Config) {
	if n := cfg.maxHandshakes(); n > 0 {
		g.all = make(chan struct{}, n)
	}
	g.perSource = cfg.maxHandshakesPerIP()
	// Those that wait take up places of links. One source shall not have most of
	// them.
	g.waiting = 1 << 12
	if n := cfg.maxConns(); n > 0 {
		g.waiting = max(g.perSource, n/8)
	}
	g.sources = map[string]*queue{}
}

// enter waits for a turn, for as long as ctx allows. A nil error owes a leave.
func (g *gate) enter(ctx context.Context, source string) error {
	q, err := g.join(source)
	if err != nil {
		return err
	}
	if q != nil {
		select {
		case q.turns <- struct{}{}:
		case <-ctx.Done():
			g.quit(source)
			return fmt.Errorf("handshake: waited for %d others of the same address: %w", g.perSource, ctx.Err())
		}
	}
	if g.all != nil {
		select {
		case g.all <- struct{}{}:
		case <-ctx.Done():
			g.yield(source)
			return fmt.Errorf("handshake: waited for %d others: %w", cap(g.all), ctx.Err())
		}
	}
	return nil
}

func (g *gate) leave(source string) {
	if g.all != nil {
		<-g.all
	}
	g.yield(source)
}

func (g *gate) join(source string) (*queue, error) {
	if g.perSource == 0 || source == "" {
		return nil, nil
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	q := g.sources[source]
	if q == nil {
		q = &queue{turns: make(chan struct{}, g.perSource)}
		g.sources[source] = q
	}
	if q.users >= g.perSource+g.waiting {
		return nil, fmt.Errorf("handshake: %d others of the same address wait already", g.waiting)
	}
	q.users++
	return q, nil
}

// yield gives up a source's turn.
func (g *gate) yield(source string) {
	if g.perSource == 0 || source == "" {
		return
	}
	g.mu.Lock()
	q := g.sources[source]
	g.mu.Unlock()
	<-q.turns
	g.quit(source)
}

func (g *gate) quit(source string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	q := g.sources[source]
	if q.users--; q.users == 0 {
		delete(g.sources, source)
	}
}

// sourceOf is who answers for an address: the IPv4 address or the IPv6 /64
// network. It is empty for what has no IP address, which nothing is held
// against.
func sourceOf(addr net.Addr) string {
	if addr == nil {
		return ""
	}
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return ""
	}
	ip := ap.Addr().Unmap()
	if ip.Is6() {
		if p, err := ip.WithZone("").Prefix(64); err == nil {
			return p.String()
		}
	}
	return ip.String()
}
