package conn

import (
	"errors"
	"time"
)

// A session whose handler is OnMessage's needs no goroutine while its link is
// quiet. When nothing has come for parkAfter, the goroutine of the handler gives
// the link's lease to the server's poller and ends; the session is parked. When
// the link has something to read, or anything else happens that the handler has
// to look at, another goroutine goes on in its place. It parks again as soon as
// there is nothing more to read, if no message was among it: pings do not keep a
// session awake. A session without a link is parked at once.
//
// A new session is parked after an eighth of that time, and then after twice as
// long with each time that it is parked: of many that come at once most have little
// to say, and those that have more show it.

// maxPatience is how often the time is doubled until a session is parked.
const maxPatience = 3

var (
	// parkAfter is how long a link is quiet before its session is parked. To
	// park and to wake costs as much as a few messages.
	parkAfter = 2 * time.Second

	// errParked says that a Receive has ended because the session is parked.
	errParked = errors.New("session is parked")
	// errQuiet says that a link has nothing to read.
	errQuiet = errors.New("nothing to read")
)

// watchIdleLocked has the timer look whether the link is idle.
func (c *Conn) watchIdleLocked() {
	if canPark && !c.idleWatch {
		c.idleWatch = true
		c.idleLooks = c.looks
		c.idleAt = clock() + parkAfter>>(maxPatience-c.patience)
		c.armLocked(c.idleAt)
	}
}

// checkIdleLocked is the timer's look. A Receive that has been in the same read
// for all that time is interrupted, to park.
func (c *Conn) checkIdleLocked(now time.Duration) {
	if !c.idleWatch || now < c.idleAt {
		return
	}
	c.idleWatch = false
	l := c.link
	switch {
	case !c.receiving || l == nil || !l.leased || l.sock == nil:
	case c.looks != c.idleLooks:
		c.watchIdleLocked()
	default:
		c.idle = true
		c.afterLocked(func() { _ = l.nc.SetReadDeadline(past) })
	}
}

// parkLocked parks the session on l, whose lease the caller holds, unless there
// is something to read or to do. It is called with c.mu held, and returns without
// if the session is parked or goes on elsewhere.
func (c *Conn) parkLocked(l *link) (parked bool, err error) {
	c.unlock()
	n, err := l.fill(false)
	c.mu.Lock()
	if err != errQuiet {
		return false, l.filledLocked(n, err)
	}
	if c.link != l || c.ended || c.closing || c.inbox.unread > 0 {
		return false, nil
	}
	c.receiving, c.parked, l.parked = false, true, true
	c.patience = min(c.patience+1, maxPatience)
	c.unlock()
	if c.server.poller.wait(l) == nil {
		return true, nil
	}
	// The link is dead, or the poller cannot be had for now: a goroutine waits.
	c.mu.Lock()
	c.idle = false
	if c.parked && l.parked {
		c.unparkLocked()
	}
	c.unlock()
	return true, nil
}

// unpark goes on with the session if it is parked on l.
func (c *Conn) unpark(l *link) {
	c.mu.Lock()
	if c.parked && l.parked {
		c.unparkLocked()
	}
	c.unlock()
}

// unparkLocked goes on with the session.
func (c *Conn) unparkLocked() {
	c.parked = false
	if l := c.link; l != nil && l.parked {
		l.parked, l.leased = false, false
		c.letLinkGoLocked(l)
	}
	c.afterLocked(func() { go c.server.handle(c) })
}
