package conn

import (
	"errors"
	"net"
	"os"
	"runtime/pprof"
	"sync"
	"syscall"
)

const canPark = true

// A poller waits for input on any number of links with one goroutine, which in
// turn waits for the poller's epoll descriptor in the runtime's own poller. Each
// wait is for one event.
type poller struct {
	mu    sync.Mutex // covers all below; epoll itself needs no lock
	epoll *os.File   // nil until the first wait
	fd    int
	slots []slot
	free  []int32
	done  chan struct{} // closed when the goroutine has ended
	// failed: the runtime does not wait for epoll, or it has been closed.
	failed bool
}

// A slot is what an event names. Its generation tells whether the event is for
// the link that is in it now.
type slot struct {
	l   *link
	gen int32
}

// A place is that of a link in its server's poller.
type place struct {
	slot  int32 // and 1 more; 0 for none
	added bool  // its socket is known to epoll
	gone  bool  // the link is dead
}

// wait has unpark called for l as soon as it has something to read.
func (p *poller) wait(l *link) error {
	event, op, fd, err := p.prepare(l)
	if err != nil {
		return err
	}
	failed := l.sock.Control(func(socket uintptr) { err = syscall.EpollCtl(fd, op, int(socket), &event) })
	if err = errors.Join(err, failed); err != nil && op == syscall.EPOLL_CTL_ADD {
		p.mu.Lock()
		l.place.added = false
		p.mu.Unlock()
	}
	return err
}

func (p *poller) prepare(l *link) (event syscall.EpollEvent, op, fd int, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if l.place.gone || p.failed {
		return event, 0, 0, net.ErrClosed
	}
	if err := p.openLocked(); err != nil {
		return event, 0, 0, err
	}
	if l.place.slot == 0 {
		if n := len(p.free); n > 0 {
			l.place.slot, p.free = p.free[n-1], p.free[:n-1]
		} else {
			p.slots = append(p.slots, slot{})
			l.place.slot = int32(len(p.slots))
		}
		p.slots[l.place.slot-1].l = l
	}
	op = syscall.EPOLL_CTL_MOD
	if !l.place.added {
		l.place.added, op = true, syscall.EPOLL_CTL_ADD
	}
	return syscall.EpollEvent{
		Events: syscall.EPOLLIN | syscall.EPOLLRDHUP | syscall.EPOLLONESHOT,
		Fd:     l.place.slot - 1,
		Pad:    p.slots[l.place.slot-1].gen,
	}, op, p.fd, nil
}

func (p *poller) openLocked() error {
	if p.epoll != nil {
		return nil
	}
	fd, err := syscall.EpollCreate1(syscall.EPOLL_CLOEXEC)
	if err != nil {
		return os.NewSyscallError("epoll_create1", err)
	}
	if err := syscall.SetNonblock(fd, true); err != nil { // so that the runtime waits for it
		_ = syscall.Close(fd) // it was never used
		return os.NewSyscallError("fcntl", err)
	}
	p.epoll, p.fd = os.NewFile(uintptr(fd), "epoll"), fd
	p.done = make(chan struct{})
	events, err := p.epoll.SyscallConn()
	if err != nil {
		return err
	}
	go p.run(events)
	return nil
}

// forget takes a link that is dead from the poller. Closing its socket has taken
// that from epoll.
func (p *poller) forget(l *link) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l.place.gone = true
	if n := l.place.slot; n != 0 {
		p.slots[n-1] = slot{gen: p.slots[n-1].gen + 1}
		p.free = append(p.free, n)
		l.place.slot = 0
	}
}

// run is the poller's goroutine. It ends when epoll is closed.
func (p *poller) run(rc syscall.RawConn) {
	defer close(p.done)
	pprof.SetGoroutineLabels(pollerLabel)
	events := make([]syscall.EpollEvent, 128)
	var ready []*link
	for {
		n := 0
		err := rc.Read(func(fd uintptr) bool {
			n, _ = syscall.EpollWait(int(fd), events, 0) // there is no error but EINTR
			return n > 0
		})
		if err != nil {
			p.fail()
			return
		}
		p.mu.Lock()
		for _, e := range events[:n] {
			if s := p.slots[e.Fd]; s.l != nil && s.gen == e.Pad {
				ready = append(ready, s.l)
			}
		}
		p.mu.Unlock()
		for i, l := range ready {
			l.c.unpark(l)
			ready[i] = nil
		}
		ready = ready[:0]
	}
}

// fail gives all links back.
func (p *poller) fail() {
	p.mu.Lock()
	p.failed = true
	var waiting []*link
	for _, s := range p.slots {
		if s.l != nil {
			waiting = append(waiting, s.l)
		}
	}
	p.mu.Unlock()
	for _, l := range waiting {
		l.c.unpark(l)
	}
}

// close ends the poller. Nothing waits any more.
func (p *poller) close() {
	p.mu.Lock()
	epoll, done := p.epoll, p.done
	p.mu.Unlock()
	if epoll != nil {
		_ = epoll.Close() // it is not written to
		<-done
	}
}
