package faultproxy

import (
	"math/rand/v2"
	"net"
	"sync"
	"time"
)

// linger is how long a link that was cut with FIN swallows what still comes:
// closing a socket with unread bytes would turn the FIN into a reset.
const linger = time.Second

// A Link is one connection through the proxy: a socket to the client, one to
// the server, and a pump for each direction. All methods are safe for
// concurrent use. Byte counts start when the link does.
type Link struct {
	id    int
	proxy *Proxy
	ends  [2]net.Conn // client, server
	pumps [2]*pump    // indexed by Direction.ways
	done  chan struct{}
	drawn *PlannedCut // cut of the schedule still to be done; guarded by proxy.mu

	mu      sync.Mutex
	started bool
	ended   bool // cut, or broken by an end
}

// serve owns one connection from its acceptance to its end.
func (p *Proxy) serve(client net.Conn, id, cuts int) {
	defer p.wg.Done()
	p.mu.Lock()
	network, address := split(p.target)
	p.mu.Unlock()
	dialer := net.Dialer{Timeout: p.config.DialTimeout}
	server, err := dialer.DialContext(p.ctx, network, address)
	if err != nil {
		abort(client)
		p.mu.Lock()
		p.stats.DialErrors++
		p.mu.Unlock()
		return
	}
	l := p.join(client, server, id, cuts)
	if l == nil {
		abort(client)
		abort(server)
		return
	}
	if p.config.OnLink != nil {
		p.config.OnLink(l)
	}
	l.run()
	p.leave(l)
	close(l.done)
}

// join makes a link, or returns nil when all were cut since it was accepted.
func (p *Proxy) join(client, server net.Conn, id, cuts int) *Link {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed || p.cuts != cuts {
		return nil
	}
	l := &Link{id: id, proxy: p, ends: [2]net.Conn{client, server}, done: make(chan struct{})}
	for i := range l.pumps {
		random := rand.New(rand.NewPCG(p.config.Seed, uint64(2*id+i)))
		l.pumps[i] = newPump(l, l.ends[i], l.ends[1-i], p.shapes[i], random)
	}
	if len(p.plan) > 0 {
		next := p.plan[0]
		p.plan = p.plan[1:]
		l.drawn = &next
		l.CutAfter(next.Direction, next.After, next.How)
	}
	p.links[l] = struct{}{}
	p.stats.Links++
	return l
}

// leave forgets a link that is over. A cut that it did not come to is the next one's.
func (p *Proxy) leave(l *Link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.links, l)
	p.stats.ToServer += l.Forwarded(ToServer)
	p.stats.ToClient += l.Forwarded(ToClient)
	if l.drawn != nil {
		p.plan = append([]PlannedCut{*l.drawn}, p.plan...)
	}
}

// run pumps both ways until both have ended, then closes the sockets.
func (l *Link) run() {
	l.mu.Lock()
	l.started = true
	l.mu.Unlock()
	up := make(chan struct{})
	go func() {
		defer close(up)
		l.pumps[0].run()
	}()
	l.pumps[1].run()
	<-up
	for _, c := range l.ends {
		_ = c.Close()
	}
}

// ID counts the connections that the proxy accepted, from 1.
func (l *Link) ID() int { return l.id }

// ClientAddr returns the address of the client.
func (l *Link) ClientAddr() net.Addr { return l.ends[0].RemoteAddr() }

// Done returns a channel that is closed when the link is over and its sockets
// are closed.
func (l *Link) Done() <-chan struct{} { return l.done }

// Forwarded returns how many bytes were forwarded in direction d, or the sum
// when d is Both.
func (l *Link) Forwarded(d Direction) (n int64) {
	for i := range d.ways() {
		n += l.pumps[i].forwardedBytes()
	}
	return n
}

// Cut ends the link and reports false when it had ended already. With RST both
// sockets are closed when it returns.
func (l *Link) Cut(how Ending) bool {
	cut := l.cut(how, true)
	if how == RST {
		l.wait()
	}
	return cut
}

// wait returns when the link is over, unless OnLink still holds it up.
func (l *Link) wait() {
	l.mu.Lock()
	started := l.started
	l.mu.Unlock()
	if started {
		<-l.done
	}
}

// cut ends the link without waiting. It is called by pumps too, between their
// reads and writes.
func (l *Link) cut(how Ending, counted bool) bool {
	if !l.end() {
		if how == RST {
			l.abort() // shortens the linger of an earlier FIN
		}
		return false
	}
	if counted {
		l.proxy.mu.Lock()
		l.proxy.stats.Cuts++
		l.proxy.mu.Unlock()
	}
	if how == RST {
		l.abort()
		return true
	}
	for i, p := range l.pumps {
		p.adjust(func() { p.swallow() })
		_ = closeWrite(l.ends[1-i])
	}
	return true
}

// cutByPump ends the link where CutAfter said, and strikes the cut from the
// schedule when it came from there.
func (l *Link) cutByPump(p *pump) {
	l.proxy.mu.Lock()
	if d := l.drawn; d != nil && l.pumps[d.Direction>>1] == p && p.forwardedBytes() == d.After {
		l.drawn = nil
	}
	l.proxy.mu.Unlock()
	p.mu.Lock()
	how := p.cutHow
	p.mu.Unlock()
	l.cut(how, true)
}

// end marks the link as ended and reports whether it was not.
func (l *Link) end() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	was := l.ended
	l.ended = true
	return !was
}

// abort resets both ends and stops both pumps. Sockets are set to reset before
// a pump is stopped, because run closes them as soon as both pumps have.
func (l *Link) abort() {
	for _, c := range l.ends {
		resetOnClose(c)
	}
	for _, p := range l.pumps {
		p.stop()
	}
	for _, c := range l.ends {
		_ = c.Close()
	}
}

// adjust changes pumps while they do not write.
func (l *Link) adjust(d Direction, change func(*pump)) {
	for i := range d.ways() {
		p := l.pumps[i]
		p.adjust(func() { change(p) })
	}
}

// closeWrite sends FIN.
func closeWrite(c net.Conn) error {
	if c, ok := c.(interface{ CloseWrite() error }); ok {
		return c.CloseWrite()
	}
	return c.Close()
}
