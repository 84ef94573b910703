package conn

import (
	"runtime/pprof"
	"time"

	"github.com/longsplice/longsplice/heartbeat"
)

// A Conn has one timer. It is set to the earliest of all that is due, and is
// left to fire early when something moves later, which is far cheaper than to
// set it for each message.

// armLocked sees to it that the timer fires at the given instant or before.
func (c *Conn) armLocked(at time.Duration) {
	if at >= c.timerAt || c.ended {
		return
	}
	c.timerAt = at
	wait := max(at-clock(), 0)
	if c.timer == nil {
		c.timer = time.AfterFunc(wait, c.tick)
	} else {
		c.timer.Reset(wait)
	}
}

// tick does what is due.
func (c *Conn) tick() {
	pprof.SetGoroutineLabels(timerLabel)
	c.mu.Lock()
	defer c.unlock()
	c.timerAt = never
	if c.ended {
		return
	}
	c.now = clock()
	if c.link == nil {
		c.expireLocked()
		return
	}
	c.s.Tick(c.now)
	if dead := c.watchLinkLocked(); dead || c.link == nil || c.ended {
		return
	}
	c.checkLeaseLocked(c.now)
	c.checkIdleLocked(c.now)
	c.flushLocked()
	c.rearmLocked()
}

func (c *Conn) rearmLocked() {
	if c.link == nil {
		return
	}
	next := c.hb.Next()
	if d := c.s.Deadline(); d != 0 {
		next = min(next, d)
	}
	if c.leaseWatch {
		next = min(next, c.leaseAt)
	}
	if c.idleWatch {
		next = min(next, c.idleAt)
	}
	c.armLocked(next)
}

// watchLinkLocked asks the heartbeat what it makes of the link, and reports
// whether that is dead. It is then given up as soon as c.mu is let go, which must
// be at once: whoever else lets it go would have to.
func (c *Conn) watchLinkLocked() (dead bool) {
	switch a := c.hb.Poll(c.now); a.Kind {
	case heartbeat.Ping:
		c.s.Ping(a.Nonce)
		c.lendLocked() // the answer has to be read
	case heartbeat.Probe:
		c.s.Probe()
		c.s.Ping(a.Nonce)
		c.lendLocked()
	case heartbeat.Dead:
		// The link may be stuck in a write, which closing it ends.
		l, err := c.link, a.Err()
		c.afterLocked(func() { l.abandon(err) })
		return true
	}
	return false
}

// expireLocked ends a server's session whose client has stayed away, and a
// client's that the server has closed.
func (c *Conn) expireLocked() {
	if c.entry == nil {
		c.endIfDoneLocked()
		return
	}
	gen, attached := c.s.Generation()
	ttl := c.cfg.sessionTTL()
	switch {
	case attached:
	case c.entry.Expire(gen, c.now, ttl):
		c.loseLocked(LostExpired, nil)
	default:
		c.armLocked(c.detachedAt + ttl)
	}
}
