package heartbeat

import (
	"context"
	"math/rand/v2"
	"runtime/pprof"
	"sync"
	"sync/atomic"
	"time"
)

// Monitor watches one link with a timer of its own. It has no goroutine. All methods may be called at any time
// and from any goroutine, callbacks included.
type Monitor struct {
	cfg    Config
	origin time.Time // never serialised or rounded: its monotonic reading is what every instant is measured from
	ping   func(nonce uint64)
	dead   func(error)

	// heard is the instant of the latest inbound byte plus one, or 0 when state knows it already.
	// It keeps Heard, which is called for every read, off the lock.
	heard atomic.Int64

	mu      sync.Mutex // held for arithmetic only, never while a callback runs
	state   State
	timer   *time.Timer
	armed   time.Duration // what timer is set for
	pinging bool          // a ping callback has not returned yet
}

// New starts to watch a link. The zero Config means the defaults.
//
// ping sends a ping that carries nonce and may block: while it does, pings that come due are left out, and the watch goes on. Its own
// errors need no report, for a ping that was not sent is not answered. A nil ping makes the mode Passive.
// dead is called at most once, with a *[DeadError]; usually it closes the connection. It may run while a call of ping is blocked, and
// then is what unblocks it. A nil dead means that nobody is told.
//
// The callbacks run on goroutines of the timer, without locks held. The first may run before New has returned to a caller that the
// scheduler held up: a callback that uses the Monitor must be given it safely. Close the Monitor when the link ends.
func New(cfg Config, ping func(nonce uint64), dead func(error)) *Monitor {
	if ping == nil {
		cfg.Mode = Passive
	}
	m := &Monitor{cfg: cfg, origin: time.Now(), ping: ping, dead: dead, armed: Never}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.Start(&m.cfg, m.now(), rand.Uint64())
	m.arm()
	return m
}

func (m *Monitor) now() time.Duration { return time.Since(m.origin) }

// Heard says that something came in. Call it for every read that returned data; it takes no lock and allocates nothing.
func (m *Monitor) Heard() { m.heard.Store(int64(m.now()) + 1) }

// Pong says that the answer to a ping came in, and tells whether it is the answer to the outstanding one. Only that counts as
// Heard; a wrong, repeated or unsolicited nonce changes nothing.
func (m *Monitor) Pong(nonce uint64) bool {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fold()
	return m.state.Pong(nonce, m.now())
}

// Awaiting says that something was sent whose receipt the peer should report; see [State.Awaiting].
// An overdue report is asked for with a ping.
func (m *Monitor) Awaiting() {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.state.Awaiting(m.now()) {
		m.fold()
		m.arm()
	}
}

// Reported says that the peer reported progress on what was sent; more tells whether anything is still unreported.
// It counts as Heard.
func (m *Monitor) Reported(more bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	now := m.now()
	m.fold()
	m.state.Heard(now)
	m.state.Reported(now, more)
	m.arm()
}

// LimitPings says that the peer tolerates no two pings closer together than shortest; see [State.LimitPings].
func (m *Monitor) LimitPings(shortest time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.LimitPings(shortest)
	m.fold()
	m.arm()
}

// Carry starts from an interval that an earlier Monitor learnt; see [State.Carry]. Call it right after New.
func (m *Monitor) Carry(interval time.Duration) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.Carry(interval)
	m.fold()
	m.arm()
}

// Interval returns the interval in force, without jitter. It stays readable after death and Close, to be carried to the next link.
func (m *Monitor) Interval() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.Interval()
}

// RTT returns the smoothed round-trip time, or 0 before the first measurement.
func (m *Monitor) RTT() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.RTT()
}

// RTO returns the retransmission timeout of RFC 6298, from 1 s to 60 s.
func (m *Monitor) RTO() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return m.state.RTO()
}

// Silent returns for how long nothing has been heard.
func (m *Monitor) Silent() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fold()
	return max(m.now()-m.state.LastHeard(), 0)
}

// Close ends the watch. Once it has returned no callback is started any more. One whose turn had come before, by another goroutine's
// reckoning, may still be about to run or be running: Close does not wait for it, because a ping may be stuck until the
// connection is closed. Close may be called in a callback, and more than once.
func (m *Monitor) Close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.state.Stop()
	if m.timer != nil {
		m.timer.Stop()
	}
}

// fold tells state what Heard has noted. It needs mu.
func (m *Monitor) fold() {
	if at := m.heard.Swap(0); at != 0 {
		m.state.Heard(time.Duration(at - 1))
	}
}

// arm makes sure that the timer fires no later than state needs. Firing earlier does no harm, so a timer that is set
// for an earlier instant stays: under traffic this saves most of the work. It needs mu.
func (m *Monitor) arm() {
	next := m.state.Next()
	if next >= m.armed {
		return
	}
	m.armed = next
	wait := next - m.now()
	if m.timer == nil {
		m.timer = time.AfterFunc(wait, m.fire)
		return
	}
	m.timer.Reset(wait)
}

// heartbeatLabel tells in a profile what a goroutine is for in which the timer
// fires, and ping and dead are called.
var heartbeatLabel = pprof.WithLabels(context.Background(), pprof.Labels("longsplice", "heartbeat"))

func (m *Monitor) fire() {
	pprof.SetGoroutineLabels(heartbeatLabel)
	action, do := m.poll()
	switch {
	case !do:
	case action.Kind == Dead:
		m.dead(action.Err())
	default:
		// The timer is armed already: should this block, the next firing has a goroutine of its own.
		defer func() {
			m.mu.Lock()
			m.pinging = false
			m.mu.Unlock()
		}()
		m.ping(action.Nonce)
	}
}

// poll decides under the lock and arms the timer again; do tells whether there is a callback to run.
func (m *Monitor) poll() (action Action, do bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.fold()
	action = m.state.Poll(m.now())
	m.armed = Never
	m.arm()
	switch action.Kind {
	case Ping, Probe:
		do = !m.pinging
		m.pinging = true
	case Dead:
		do = m.dead != nil
	}
	return action, do
}
