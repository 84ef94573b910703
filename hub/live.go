package hub

import (
	"runtime/pprof"
	"sync"
	"time"

	"github.com/longsplice/longsplice/internal/room"
)

// A live room is the core of a room, its lock and its pump.
type live[T any] struct {
	hub  *Hub[T]
	name string
	cfg  Room

	mu       sync.Mutex // covers all below; not held across an offer or a callback
	core     room.Room[T, *Sub[T]]
	gone     bool // it is not among the hub's rooms any more
	pumping  bool
	progress chan struct{} // closed and cleared when the pump has moved on
	bytes    int           // of the log, as the hub has counted it
	since    time.Duration // when the last member left
	timer    *time.Timer
	timerAt  time.Duration // when it fires, 0 if it is not set
	feed     Feed          // from the broker, once it has been opened
	opening  *opening      // an attempt at that
	joining  int           // how many wait for the broker to join

	shared T           // what the pump made of the last swath; the pump's own
	spoilt *PanicError // why it could make nothing of it; likewise
}

// unlock lets go of r.mu and does what follows from what was done under it.
func (r *live[T]) unlock() {
	ended := r.core.Ended()
	for _, m := range ended {
		m.Handle.left.Store(true)
		m.Handle.endLocked(ErrBehind)
	}
	if len(ended) > 0 && r.core.Members() == 0 {
		r.since = r.hub.clock()
	}
	r.countLocked()
	pump := !r.pumping && !r.gone && r.core.Pending()
	if pump {
		r.pumping = true
	}
	alone := pump && r.core.Members() <= inline
	if pump && !alone {
		r.hub.tasks.Add(1)
	}
	r.armLocked()
	r.mu.Unlock()
	for _, m := range ended {
		m.Handle.tell(ErrBehind)
	}
	switch {
	case alone:
		r.pump(turns)
	case pump:
		go r.pumpOn()
	}
}

// countLocked brings the hub's count of bytes up to date.
func (r *live[T]) countLocked() {
	if n := r.core.Bytes(); n != r.bytes {
		r.hub.bytes.Add(int64(n - r.bytes))
		r.bytes = n
	}
}

// tell calls the member's OnEnd.
func (s *Sub[T]) tell(err error) {
	if s.onEnd != nil {
		go func() {
			pprof.SetGoroutineLabels(callbackLabel)
			s.onEnd(err)
		}()
	}
}

// leaveLocked ends a membership with an error, and reports whether it had not
// ended before.
func (r *live[T]) leaveLocked(s *Sub[T], err error) bool {
	if !r.core.Leave(&s.at, r.hub.clock()) {
		return false
	}
	s.endLocked(err)
	if r.core.Members() == 0 {
		r.since = r.hub.clock()
	}
	r.signalLocked() // nobody waits for it any more
	return true
}

// restsLocked reports whether nobody is there or about to come.
func (r *live[T]) restsLocked() bool {
	return r.core.Members() == 0 && r.joining == 0 && !r.pumping && !r.core.Expected()
}

// idleLocked reports whether nobody needs the room any more.
func (r *live[T]) idleLocked(now time.Duration) bool {
	return r.restsLocked() &&
		(r.core.Values() == 0 || now-r.since >= r.cfg.keep())
}

// armLocked sets the timer to what is due next.
func (r *live[T]) armLocked() {
	at := r.core.Deadline()
	if r.restsLocked() {
		idle := r.since
		if r.core.Values() > 0 {
			idle += r.cfg.keep()
		}
		if at == 0 || idle < at {
			at = max(idle, 1)
		}
	}
	if at == 0 || r.gone || r.timerAt != 0 && r.timerAt <= at {
		return // it is left to fire early, rather than moved each time
	}
	r.timerAt = at
	wait := max(at-r.hub.clock(), 0)
	if r.timer == nil {
		r.timer = time.AfterFunc(wait, r.tick)
	} else {
		r.timer.Reset(wait)
	}
}

func (r *live[T]) tick() {
	r.mu.Lock()
	now := r.hub.clock()
	r.core.Tick(now)
	idle := r.idleLocked(now)
	r.timerAt = 0
	if idle {
		r.timerAt = 1 // until drop has decided, there is nothing to wait for
	}
	r.unlock()
	if idle {
		r.hub.drop(r)
	}
}

// goneLocked takes the room out of the hub's account, lets go of what it keeps,
// and returns the members that there were.
func (r *live[T]) goneLocked() []*room.Member[T, *Sub[T]] {
	r.gone = true
	members := r.core.Dissolve()
	r.countLocked()
	r.hub.rooms.Add(-1)
	r.hub.dead.add(r.core.Counts())
	if r.timer != nil {
		r.timer.Stop()
	}
	r.signalLocked()
	return members
}

// close ends all memberships.
func (r *live[T]) close() {
	r.mu.Lock()
	if r.gone {
		r.mu.Unlock()
		return
	}
	members, feed := r.goneLocked(), r.feed
	for _, m := range members {
		m.Handle.left.Store(true)
		m.Handle.endLocked(ErrClosed)
	}
	r.unlock()
	switch {
	case feed == nil:
	case withinOffer(): // perhaps one that this feed has made
		r.hub.tasks.Go(feed.Close)
	default:
		feed.Close()
	}
	for _, m := range members {
		if m.Handle.settle(); m.Handle.onEnd != nil {
			m.Handle.onEnd(ErrClosed) // Close waits for it
		}
	}
}

// signalLocked makes publishers who wait look again.
func (r *live[T]) signalLocked() {
	if r.progress != nil {
		close(r.progress)
		r.progress = nil
	}
}

func (r *live[T]) changedLocked() <-chan struct{} {
	if r.progress == nil {
		r.progress = make(chan struct{})
	}
	return r.progress
}
