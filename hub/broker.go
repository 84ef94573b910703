package hub

import (
	"context"

	"github.com/longsplice/longsplice/internal/room"
)

// A Message is what goes through a Broker.
type Message[T any] struct {
	Value T

	// Volatile: it takes no position and is not kept. It may be lost.
	Volatile bool

	// To is the one user whom it is for, if not empty. Only volatile messages
	// have it.
	To string
}

// A Broker orders what is published in rooms by several nodes, gives out
// positions, keeps what was published, and hands it to all nodes that have the
// room open. Its methods may be called concurrently. Package hubtest has the
// suite that an implementation has to pass.
type Broker[T any] interface {
	// Publish appends a message to a room, and returns its position unless it
	// is volatile. All nodes get the messages of one room in the order of their
	// positions. On an error that is not ctx's nothing was published.
	Publish(ctx context.Context, room string, m Message[T]) (Position, error)

	// Open begins to hand a room to a node: first where the room stands, by
	// Sink.Seek with the position of the oldest of the last history messages,
	// or of those to come if there are none; then these, and then all that
	// follow. It returns when the sink has been called for what there was.
	Open(ctx context.Context, room string, history int, sink Sink[T]) (Feed, error)
}

// A Sink takes a room's messages at a node. Its methods are not called
// concurrently for one feed, and may block while the node is busy.
type Sink[T any] interface {
	// Seek says that the next message will be at p: at the beginning, when
	// messages were lost on the way, and when the room has begun another epoch.
	Seek(p Position)
	// Deliver takes the next message. Unless it is volatile it is at the
	// position behind the last one's, or where Seek said.
	Deliver(m Message[T])
}

// A Feed is an open room at a node. After Close has returned the sink is not
// called any more. Close is idempotent.
type Feed interface{ Close() }

// open has the broker hand over the room, which is locked before and not after.
func (r *live[T]) open(ctx context.Context) error {
	if opened := r.opened; opened != nil {
		r.unlock() // somebody else is at it
		select {
		case <-opened:
			return r.failure()
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	opened := make(chan struct{})
	r.opened = opened
	history := r.cfg.core(0, false).History
	r.unlock()
	feed, err := r.hub.cfg.Broker.Open(ctx, r.name, history, sink[T]{r})
	r.mu.Lock()
	r.feed, r.openErr, r.opened = feed, err, nil
	late := r.gone && feed != nil
	r.unlock()
	close(opened)
	if late {
		feed.Close()
	}
	return err
}

// failure is why the last attempt to open failed, nil if it did not.
func (r *live[T]) failure() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.openErr
}

// A sink puts what the broker delivers into the room's log.
type sink[T any] struct{ r *live[T] }

func (s sink[T]) Seek(p Position) {
	s.r.mu.Lock()
	s.r.core.Seek(room.Position(p), clock())
	s.r.unlock()
}

func (s sink[T]) Deliver(m Message[T]) {
	r := s.r
	e := r.hub.entry(m)
	for {
		r.mu.Lock()
		if r.gone || m.Volatile && r.core.Members() == 0 || m.To != "" && !r.core.Has(m.To) {
			r.unlock()
			return
		}
		if !r.core.Clogged(e.Size) || withinOffer() {
			// Who is within an offer cannot wait for it to end: the log then
			// takes more than it should, and members may miss something.
			_, err := r.appendLocked(e)
			if err != nil { // for want of memory: a hole
				next := r.core.Next()
				next.Offset++
				r.core.Seek(next, clock())
			}
			r.unlock()
			return
		}
		changed := r.changedLocked()
		r.unlock()
		<-changed
	}
}
