package conn

import (
	"net"
	"sync/atomic"
	"syscall"
	"time"
)

// A link is one physical connection under a session. Its owner is the Conn;
// whoever holds its lease reads from it, and whoever has set writing writes.
type link struct {
	c      *Conn
	nc     net.Conn
	sock   syscall.RawConn // what lies under nc, as far as that is known; else nil
	framed Framed          // what lies between, if sock is used directly; else nil
	gen    uint64
	direct bool // IO is that on sock, not nc's own

	// Covered by c.mu.
	writing   bool
	leased    bool
	parked    bool          // and that is for the poller
	ending    bool          // the session is over; the socket is let go in good order
	heard     bool          // something has come since the last write
	lastWrite time.Duration // when that ended

	// Owned by whoever holds the lease.
	in     *chunk
	r, w   int // in.buf[r:w] is not yet applied
	expect int // bytes that the frame at r is known to need, 0 if unknown
	size   int // of the next chunk

	unframed error // why there is nothing more to unframe

	writeBy time.Time // the write deadline in force; owned by the writer

	place place // in the poller, which covers it

	failed atomic.Bool
	err    error         // why it died; set before dead is closed
	dead   chan struct{} // closed when the socket is; nil if nobody waits for that
	onDead func()        // set before the handshake, if at all
	value  any           // what Authenticate has attached
}

// newLink makes a link of a transport that it owns from now on.
func newLink(nc net.Conn) *link {
	l := &link{nc: nc, size: minRead}
	l.sock, l.framed, l.direct = socketOf(nc)
	return l
}

// fail closes the socket and takes the link from its session. The first cause
// counts; the others do not wait for it, because what it sets off may call fail
// again. It may be called by anyone, without c.mu.
func (l *link) fail(err error) {
	if !l.failed.CompareAndSwap(false, true) {
		return
	}
	l.err = err
	_ = l.socket().Close() // TLS would first try to say goodbye, which can block
	_ = l.nc.Close()       // the link is given up whatever this says
	if l.c != nil && l.c.server != nil {
		l.c.server.poller.forget(l)
	}
	if l.onDead != nil {
		l.onDead()
	}
	if l.c != nil { // before anybody makes another
		l.c.linkFailed(l, err)
	}
	if l.dead != nil {
		close(l.dead)
	}
}

// abandon is fail for a link whose peer is taken for dead. What the kernel has
// not delivered is thrown away, and the peer, if it still hears, learns of the
// end by a reset: a FIN would wait behind what is not acknowledged, and the
// peer for its own verdict.
func (l *link) abandon(err error) {
	if tcp, ok := l.socket().(interface{ SetLinger(sec int) error }); ok {
		_ = tcp.SetLinger(0) // it may be closed already
	}
	l.fail(err)
}

// socket is what lies under the transport, where that is TLS.
func (l *link) socket() net.Conn {
	if over, ok := l.nc.(interface{ NetConn() net.Conn }); ok {
		return over.NetConn()
	}
	return l.nc
}

// past makes a blocked read or write return.
var past = time.Unix(1, 0)
