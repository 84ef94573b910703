package conn

import (
	"errors"
	"runtime/pprof"
	"time"
)

// The application reads the socket itself while it waits in Receive. While it
// is away, somebody else must: the peer wants its pings answered. A timer looks
// now and then whether the application has read since; if not, it lends
// the reading to a temporary reader, which fills the inbox until the
// application waits for more.

// leaseCheck is how often the timer looks. A peer waits no longer than twice
// this for an answer, whatever the application does.
const leaseCheck = 40 * time.Millisecond

// awayLocked takes note that the application leaves Receive. That it comes back
// is not enough: it may go through many messages of the inbox, or ask with a
// context that has ended, and never look at the socket.
func (c *Conn) awayLocked() {
	if !c.leaseWatch {
		c.watchLeaseLocked()
	}
}

func (c *Conn) watchLeaseLocked() {
	c.leaseWatch = true
	c.looksSeen = c.looks
	c.leaseAt = clock() + leaseCheck
	c.armLocked(c.leaseAt)
}

// checkLeaseLocked is the timer's look.
func (c *Conn) checkLeaseLocked(now time.Duration) {
	switch {
	case !c.leaseWatch || now < c.leaseAt:
	case c.receiving || c.link == nil || c.ended:
		c.leaseWatch = false
	case c.looks != c.looksSeen:
		c.watchLeaseLocked()
	default:
		c.leaseWatch = false
		c.lendLocked()
	}
}

// lendLocked sees to it that somebody reads from the link.
func (c *Conn) lendLocked() {
	if l := c.link; l != nil && !l.leased && !l.ending && !c.receiving {
		l.leased = true
		go l.readOn()
	}
}

// readOn is the temporary reader. It ends when the application waits for
// messages, or the link is dead.
func (l *link) readOn() {
	pprof.SetGoroutineLabels(readerLabel)
	c := l.c
	c.mu.Lock()
	for {
		err := l.readLocked()
		if errors.Is(err, errInterrupted) {
			c.unlock()
			l.uninterrupt()
			c.mu.Lock()
			err = nil
		}
		// What interrupts the read says why under the lock, and may have done so
		// just before the interruption was taken back.
		if c.receiving || err != nil || l.ending || c.link != l {
			c.returnLeaseLocked(l, err)
			c.wakeReceiverLocked()
			c.unlock()
			return
		}
	}
}
