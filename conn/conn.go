package conn

import (
	"context"
	"encoding/hex"
	"math/rand/v2"
	"net"
	"sync"
	"time"

	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/internal/session"
	"github.com/longsplice/longsplice/internal/wire"
	"github.com/longsplice/longsplice/reconnect"
)

// A Conn is one end of a session: a stream of messages each way that survives
// the links under it. All methods may be called concurrently, but there is one
// receiver at a time. A Conn comes from [Dial], or is handed to a [Handler].
//
// A Conn owns no goroutine while its application waits in Receive. A reader
// runs while the application is away, a writer while the link takes less than
// is sent, and on a client one goroutine keeps the link.
type Conn struct {
	// mu covers all that follows, up to the next comment. It is a leaf: it is
	// not held across IO, a callback or another lock.
	mu sync.Mutex

	// What each Send touches is kept together: with thousands of connections
	// the cost of a message is that of the cache lines that it needs.
	link      *link // nil while there is none
	s         *session.Session
	first     *turn    // the Send that has precedence, if one has
	after     []func() // to be done when mu is let go
	ended     bool
	closing   bool // Close, Shutdown or a handler's return: nobody receives any more
	receiving bool // a Receive is under way
	parked    bool // the handler has no goroutine: see park.go
	patience  uint8
	idle      bool // nothing has come for so long that it may be parked
	idleWatch bool // the timer looks, next at idleAt, whether looks has moved on from idleLooks
	waiting   bool // and waits for arrived, not for a socket of its own
	maxOut    int  // the longest message that both ends take
	buffer    int  // the send buffer's size
	stats     counters
	now       time.Duration // a recent instant
	hb        heartbeat.State

	inbox inbox
	learn time.Duration // interval that an adaptive heartbeat has learnt
	err   error         // why the session ended
	maxIn int           // the longest message that this end takes

	looks      uint32 // counts how often the application has read the socket
	looksSeen  uint32 // looks as the timer last saw it
	idleLooks  uint32
	leaseWatch bool // the timer looks, next at leaseAt
	leaseAt    time.Duration
	idleAt     time.Duration

	arrived  chan struct{} // capacity 1: the inbox or the link has changed; made by the first who waits
	done     event         // the session has ended
	gone     event         // and no link is left
	progress chan struct{} // closed and cleared when room, acks or the end come
	writable []func()      // waiting for room
	wanted   int           // the longest that was refused for want of it

	timer   *time.Timer
	timerAt time.Duration // when it fires; never if it is not set

	watched <-chan struct{} // the end of the context that interrupts a Receive
	unwatch func() bool

	leaving    bool // the server has asked this client to go
	detachedAt time.Duration
	value      any // of the last Authenticate that has set one
	replayed   int // messages that the present link carries once more

	// These do not change once the Conn is in use.
	cfg    *Config
	entry  *session.Entry // of a server, covered by mu
	server *Server
	id     wire.ID
	who    string
	ctx    context.Context    // of a handler
	cancel context.CancelFunc // of a handler's context, or of a client's attempts
	*dialling
}

// A dialling is what a client's Conn has besides.
type dialling struct {
	// Covered by the Conn's lock.
	client *session.Client
	home   string        // the target that the session was last on
	ttl    time.Duration // and how long it lives there without a link

	// Of keep, and of Dial until keep has begun its work.
	dialer    *reconnect.Dialer[*link]
	kept      chan struct{} // closed when it has returned
	lastState State
}

// never is an instant that does not come.
const never time.Duration = 1<<63 - 1

// origin is where the process's monotonic instants count from.
var origin = time.Now()

// clock returns the present instant. It is never zero, and far from it, because
// zero stands for no instant: in a testing/synctest bubble it is the year 2000,
// decades before origin.
func clock() time.Duration { return time.Since(origin) + 1<<61 }

func newConn(cfg *Config, s *session.Session) *Conn {
	limits := cfg.limits()
	return &Conn{
		cfg:     cfg,
		s:       s,
		maxIn:   limits.MaxMessage,
		buffer:  limits.SendBuffer,
		inbox:   inbox{most: maxHeld(limits.Window)},
		timerAt: never,
		now:     clock(),
	}
}

// attachLocked puts the session on a link whose handshake is done, and returns
// the link that it replaces, for the caller to fail without the lock.
func (c *Conn) attachLocked(l *link, gen uint64, minPing time.Duration) (old *link) {
	if old = c.link; old != nil {
		c.learn = c.hb.Interval()
	}
	c.link = l
	l.gen = gen
	c.now = clock()
	c.hb.Start(c.cfg.Heartbeat, c.now, rand.Uint64())
	c.hb.LimitPings(minPing)
	c.hb.Carry(c.learn)
	c.maxOut = c.s.MaxSend()
	c.awaitReportLocked()
	if l.value != nil {
		c.value = l.value
	}
	c.replayed = c.s.Replay()
	c.stats.replayed += uint64(c.replayed)
	c.stats.links++
	c.wakeReceiverLocked()
	c.roomLocked() // the handshake has told what the peer consumed
	c.armLocked(c.hb.Next())
	c.watchLeaseLocked()
	return old
}

// detachLocked takes note that l is dead, if it is the session's link.
func (c *Conn) detachLocked(l *link) bool {
	if c.link != l {
		return false
	}
	c.link = nil
	c.learn = c.hb.Interval()
	c.hb.Stop()
	c.now = clock()
	c.detachedAt = c.now
	if c.entry != nil {
		c.entry.Detach(l.gen, c.now)
		c.armLocked(c.now + c.cfg.sessionTTL())
	} else {
		c.s.Detach(l.gen)
	}
	c.wakeReceiverLocked()
	if c.ended {
		c.gone.happen()
	}
	return true
}

// linkFailed is called once for each link that dies, without c.mu.
func (c *Conn) linkFailed(l *link, err error) {
	c.mu.Lock()
	detached := c.detachLocked(l)
	c.endIfDoneLocked()
	lost := detached && !c.ended && !c.resumableLocked() && !c.heardOutLocked()
	c.unlock()
	c.traceDown(l, err)
	if lost {
		c.lose(LostLink, err)
	} else if detached && c.server != nil {
		c.server.sessions.park(c)
	}
}

// heardOutLocked reports whether the peer has closed and all that it had to say has
// arrived: the application needs no link to receive it.
func (c *Conn) heardOutLocked() bool {
	return c.s.PeerDone() && c.s.Count().Received >= c.s.Remote().Final
}

func (c *Conn) resumableLocked() bool {
	if c.entry != nil {
		return c.entry.Resumable()
	}
	return c.client.Resumable()
}

// ID is the session's public name: 32 hexadecimal digits, the same at both
// ends. It is no secret and resumes nothing.
func (c *Conn) ID() string { return hex.EncodeToString(c.id[:]) }

// Identity is what the server's Authenticate returned; empty on a client.
func (c *Conn) Identity() string { return c.who }

// Value is what [Config.Authenticate] has set with [Peer.SetValue] for the newest
// link for which it did; nil on a client.
func (c *Conn) Value() any {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.value
}

// RemoteAddr is the address of the peer on the present link, nil without one.
func (c *Conn) RemoteAddr() net.Addr {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.link == nil {
		return nil
	}
	return c.link.nc.RemoteAddr()
}

// Done is closed when the session has ended, for good or ill. See Err.
func (c *Conn) Done() <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.done.wait()
}

// Err returns nil until Done is closed, and then why the session ended:
// ErrClosed if this end closed it, a *CloseError if the peer did, a *LostError
// if messages that were accepted may not have arrived.
func (c *Conn) Err() error {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.err
}

// wakeReceiverLocked makes a Receive that waits look again.
func (c *Conn) wakeReceiverLocked() {
	if c.parked && (c.link != nil || c.ended || c.closing) {
		c.unparkLocked()
	}
	if c.waiting {
		select {
		case c.arrived <- struct{}{}:
		default:
		}
	}
}

// signalLocked makes all that wait for room, an acknowledgement or the end
// look again.
func (c *Conn) signalLocked() {
	if c.progress != nil {
		close(c.progress)
		c.progress = nil
	}
}

// changedLocked returns what signalLocked closes next.
func (c *Conn) changedLocked() <-chan struct{} {
	if c.progress == nil {
		c.progress = make(chan struct{})
	}
	return c.progress
}
