package faultproxy

import (
	"context"
	"net"
	"slices"
	"strings"
	"sync"
	"time"
)

// Config says how a [Proxy] is built. The zero value is useful.
type Config struct {
	// Listen is the address to listen on: "host:port", or "unix:" and a path.
	// Empty means a free port of 127.0.0.1.
	Listen string
	// Schedule is the series of cuts to carry out. The zero value has none.
	Schedule Schedule
	// Seed selects the series of random numbers for jitter.
	Seed uint64
	// DialTimeout limits dialing the target. Zero or less means 5 s. A client
	// whose target cannot be dialed is reset.
	DialTimeout time.Duration
	// OnLink, if set, is called for every new link before a byte is forwarded,
	// so that a fault may strike at the first byte. It is called in a goroutine
	// of its own link; the link waits until it returns.
	OnLink func(*Link)
}

// A Proxy listens, forwards every connection to its target, and injects
// faults. All methods are safe for concurrent use. Create one with [Listen].
type Proxy struct {
	config Config
	addr   net.Addr
	ctx    context.Context // ends with Close
	cancel context.CancelFunc
	wg     sync.WaitGroup // every goroutine of the proxy

	mu       sync.Mutex // taken before a link's or a pump's; not held during IO
	target   string
	mode     Mode
	listener net.Listener // nil while refusing
	cuts     int          // raised by each Cut, so that dials under way notice
	links    map[*Link]struct{}
	silent   map[net.Conn]struct{}
	shapes   [2]shape // what new links inherit
	plan     []PlannedCut
	accepted int
	stats    Stats
	closed   bool

	switching sync.Mutex // one SetMode at a time
}

// Stats counts what a proxy did.
type Stats struct {
	Links      int   // established so far
	Open       int   // established and not over; a link cut with FIN is open while it swallows
	Cuts       int   // links cut, by hand or by schedule
	Planned    int   // cuts of the schedule still to come, including those drawn by open links
	DialErrors int   // clients reset because the target could not be dialed
	ToServer   int64 // bytes forwarded
	ToClient   int64 // bytes forwarded
}

// Listen starts a proxy in front of target, which is "host:port", or "unix:"
// and a path. The target need not exist yet: it is dialed for each connection.
// A nil config means the zero Config. The caller closes the proxy.
func Listen(target string, config *Config) (*Proxy, error) {
	p := &Proxy{
		target: target,
		links:  map[*Link]struct{}{},
		silent: map[net.Conn]struct{}{},
	}
	if config != nil {
		p.config = *config
	}
	if p.config.Listen == "" {
		p.config.Listen = "127.0.0.1:0"
	}
	if p.config.DialTimeout <= 0 {
		p.config.DialTimeout = 5 * time.Second
	}
	p.plan = p.config.Schedule.Plan()
	listener, err := net.Listen(split(p.config.Listen))
	if err != nil {
		return nil, err
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.addr = listener.Addr()
	p.listener = listener
	p.wg.Add(1)
	go p.accept(listener)
	return p, nil
}

// split turns an address of this package into one of package net.
func split(address string) (network, rest string) {
	if path, ok := strings.CutPrefix(address, "unix:"); ok {
		return "unix", path
	}
	return "tcp", address
}

// Addr returns the address to dial instead of the target. It stays the same
// while the proxy refuses or is paused.
func (p *Proxy) Addr() net.Addr { return p.addr }

// SetTarget changes where connections accepted from now on are forwarded to.
func (p *Proxy) SetTarget(target string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.target = target
}

// Plan lists the cuts of the configured [Schedule], including those done.
func (p *Proxy) Plan() []PlannedCut { return p.config.Schedule.Plan() }

// Stats returns the present counts.
func (p *Proxy) Stats() Stats {
	p.mu.Lock()
	defer p.mu.Unlock()
	stats := p.stats
	stats.Open = len(p.links)
	stats.Planned = len(p.plan)
	for l := range p.links {
		stats.ToServer += l.Forwarded(ToServer)
		stats.ToClient += l.Forwarded(ToClient)
		if l.drawn != nil {
			stats.Planned++
		}
	}
	return stats
}

// Links returns the links that are not over, oldest first.
func (p *Proxy) Links() []*Link {
	p.mu.Lock()
	defer p.mu.Unlock()
	links := make([]*Link, 0, len(p.links))
	for l := range p.links {
		links = append(links, l)
	}
	slices.SortFunc(links, func(a, b *Link) int { return a.id - b.id })
	return links
}

// Close stops listening, resets all links and waits until every goroutine of
// the proxy has ended. It must not be called from Config.OnLink. Further calls
// wait too and return nil.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	listener := p.listener
	p.listener = nil
	p.mu.Unlock()
	p.cancel()
	var err error
	if listener != nil {
		err = listener.Close()
	}
	p.cutAll(RST, false)
	p.wg.Wait()
	return err
}
