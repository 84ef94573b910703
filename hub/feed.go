package hub

import (
	"context"
	"time"

	"github.com/longsplice/longsplice/internal/room"
)

// An opening is an attempt to open a room at the broker.
type opening struct {
	done  chan struct{}
	err   error
	again bool // the error concerns whoever tried, and not the others
}

// openLocked has the broker hand over the room, and waits until it has got to a
// position that a member has had elsewhere. It lets r.mu go meanwhile; the room
// is not dropped.
func (r *live[T]) openLocked(ctx context.Context, from room.Position) error {
	r.joining++
	defer func() { r.joining-- }()
	for r.feed == nil {
		if r.gone {
			return ErrClosed
		}
		o := r.opening
		if o == nil {
			if err := r.tryLocked(ctx); err != nil {
				return err
			}
			continue
		}
		if err := r.waitLocked(ctx, o.done, nil); err != nil {
			return err
		}
		if o.err != nil && !o.again {
			return o.err
		}
	}
	return r.reachLocked(ctx, from)
}

// tryLocked is one attempt.
func (r *live[T]) tryLocked(ctx context.Context) error {
	o := &opening{done: make(chan struct{})}
	r.opening = o
	history := r.cfg.core(0, false).History
	r.unlock()
	until, cancel := context.WithCancel(ctx)
	stop := context.AfterFunc(r.hub.ctx, cancel)
	feed, err := r.hub.cfg.Broker.Open(until, r.name, history, sink[T]{r})
	stop()
	cancel()
	r.mu.Lock()
	if r.gone || r.hub.ctx.Err() != nil { // Close ends this before it gets to the room
		if r.mu.Unlock(); err == nil {
			feed.Close()
		}
		r.mu.Lock()
		err = ErrClosed
	}
	r.opening = nil
	if err == nil {
		r.feed = feed
	}
	o.err, o.again = err, ctx.Err() != nil
	close(o.done)
	return err
}

// patience is how long a member that was at another node waits for this one to
// get as far.
const patience = time.Second

func (r *live[T]) reachLocked(ctx context.Context, from room.Position) error {
	timer := time.NewTimer(patience)
	defer timer.Stop()
	for late := false; !late && !r.gone; {
		if next := r.core.Next(); next.Epoch != from.Epoch || next.Offset >= from.Offset {
			return nil
		}
		err := r.waitLocked(ctx, r.changedLocked(), timer.C)
		if late = err == errLate; err != nil && !late {
			return err
		}
	}
	if r.gone {
		return ErrClosed
	}
	return nil
}

// waitLocked waits without the lock.
func (r *live[T]) waitLocked(ctx context.Context, changed <-chan struct{}, timeout <-chan time.Time) error {
	r.unlock()
	defer r.mu.Lock()
	select {
	case <-changed:
		return nil
	case <-timeout:
		return errLate
	case <-ctx.Done():
		return ctx.Err()
	case <-r.hub.ctx.Done():
		return ErrClosed
	}
}

// A sink puts what the broker delivers into the room's log.
type sink[T any] struct{ r *live[T] }

func (s sink[T]) Seek(p Position) {
	s.r.mu.Lock()
	if !s.r.gone {
		s.r.core.Seek(room.Position(p), s.r.hub.clock())
		s.r.signalLocked()
	}
	s.r.unlock()
}

func (s sink[T]) Deliver(m Message[T]) {
	r := s.r
	e := r.hub.entry(m)
	r.mu.Lock()
	defer r.unlock()
	for !r.gone && r.core.Clogged(e.Size) {
		changed := r.changedLocked()
		r.unlock()
		// Who is within an offer cannot wait for it to end: members may then
		// miss something.
		within := withinOffer()
		if !within {
			<-changed
		}
		if r.mu.Lock(); within {
			break
		}
	}
	switch {
	case r.gone:
	case m.Volatile:
		if r.core.Members() > 0 && (m.To == "" || r.core.Has(m.To)) {
			_, _ = r.appendLocked(e) // nobody misses it if there is no memory
		}
	default:
		if _, err := r.appendLocked(e); err != nil { // a hole
			next := r.core.Next()
			next.Offset++
			r.core.Seek(next, r.hub.clock())
		}
	}
	r.signalLocked()
}
