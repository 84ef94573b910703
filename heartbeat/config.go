package heartbeat

import "time"

// Mode says when a watcher pings.
type Mode uint8

const (
	// Hybrid pings only after silence: inbound traffic makes pings unnecessary. It is the default.
	Hybrid Mode = iota
	// Active pings every Interval whether or not there is traffic.
	Active
	// Passive never pings and never probes: it judges by inbound traffic alone, so the peer has to talk.
	Passive
	// Adaptive is Hybrid with an interval that grows between MinInterval and MaxInterval
	// while the path tolerates it, and steps back when a ping is missed.
	Adaptive
)

// String returns the mode's name in lower case.
func (m Mode) String() string {
	switch m {
	case Hybrid:
		return "hybrid"
	case Active:
		return "active"
	case Passive:
		return "passive"
	case Adaptive:
		return "adaptive"
	}
	return "unknown"
}

// The defaults of [Config].
const (
	DefaultInterval   = 30 * time.Second
	DefaultTimeout    = 60 * time.Second
	DefaultProbeAfter = 5 * time.Second
)

// Durations outside of these bounds are moved to the nearer one, so that no configuration
// can make a watcher spin, and no sum of instants can overflow.
const (
	shortest = time.Millisecond
	longest  = 365 * 24 * time.Hour
)

// maxGrowth is how far Adaptive goes from MinInterval when MaxInterval is not given.
const maxGrowth = 8

// Config says how a link is watched. A nil Config and the zero Config mean the defaults.
// It may be shared by any number of watchers and must not be changed while one of them uses it.
//
// Positive durations below a millisecond count as one millisecond, those above a year as one year.
type Config struct {
	// Mode says when to ping. Zero is Hybrid. A value that is none of the four counts as Hybrid.
	Mode Mode

	// Interval is how long the peer may be silent before it is pinged (in Active mode: the time between pings).
	// Zero means half of Timeout, or 30 s when that is zero too or negative. Negative turns the watcher off: it neither pings nor judges.
	Interval time.Duration

	// Timeout is how long the peer may be silent before it is dead, counted from the last inbound byte.
	// Zero means twice the Interval. Negative means never: pings are sent, to keep a path open, and nothing is judged.
	//
	// Timeout is a promise and Interval a means: when Timeout is not longer than Interval, half of Timeout is used as the Interval.
	//
	// What Timeout leaves after Interval is the time in which a ping has to be answered. It is kept when the interval
	// is longer than configured, because Adaptive has grown it or the peer asked for fewer pings: silence then kills after that
	// longer interval plus the same time to answer.
	Timeout time.Duration

	// ProbeAfter is how long a report on something sent may be overdue (see [State.Awaiting]) before the peer is probed.
	// The retransmission timeout is used instead where it is longer. Zero means 5 s. Negative turns probing off.
	// A probed peer has twice this time, or four retransmission timeouts if that is longer, to send anything at all.
	ProbeAfter time.Duration

	// MinInterval and MaxInterval bound the interval in Adaptive mode and are not used in the others.
	// MinInterval zero or negative means Interval; MaxInterval zero or negative means eight times MinInterval.
	// A MaxInterval below MinInterval counts as equal to it.
	MinInterval, MaxInterval time.Duration
}

func clamp(d time.Duration) time.Duration { return min(max(d, shortest), longest) }

func (c *Config) off() bool { return c != nil && c.Interval < 0 }

func (c *Config) mode() Mode {
	if c == nil || c.Mode > Adaptive {
		return Hybrid
	}
	return c.Mode
}

// mortal tells whether silence is ever judged.
func (c *Config) mortal() bool { return c == nil || c.Timeout >= 0 }

// interval is meaningful only when the watcher is not off.
func (c *Config) interval() time.Duration {
	switch {
	case c == nil:
		return DefaultInterval
	case c.Interval == 0 && c.Timeout > 0:
		return clamp(clamp(c.Timeout) / 2)
	case c.Interval <= 0:
		return DefaultInterval
	}
	every := clamp(c.Interval)
	if c.Timeout > 0 && clamp(c.Timeout) <= every {
		return clamp(clamp(c.Timeout) / 2)
	}
	return every
}

// answer is the time in which a ping has to be answered.
func (c *Config) answer() time.Duration {
	every := c.interval()
	if c == nil || c.Timeout <= 0 {
		return every
	}
	return max(clamp(c.Timeout)-every, shortest)
}

// probeAfter is negative when probing is off.
func (c *Config) probeAfter() time.Duration {
	switch {
	case c == nil || c.ProbeAfter == 0:
		return DefaultProbeAfter
	case c.ProbeAfter < 0:
		return -1
	}
	return clamp(c.ProbeAfter)
}

// bounds are the least and the greatest interval. They differ in Adaptive mode alone.
func (c *Config) bounds() (least, most time.Duration) {
	least = c.interval()
	if c.mode() != Adaptive {
		return least, least
	}
	if c != nil && c.MinInterval > 0 {
		least = clamp(c.MinInterval)
	}
	most = clamp(maxGrowth * least)
	if c != nil && c.MaxInterval > 0 {
		most = max(clamp(c.MaxInterval), least)
	}
	return least, most
}
