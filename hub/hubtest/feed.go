package hubtest

import (
	"context"
	"sync"

	"github.com/longsplice/longsplice/hub"
)

// waiting is how many items a node may be behind before it is Busy.
const waiting = 256

// A feed is a room at a node: a member of the room inside, and a goroutine that
// calls the sink, which may block.
type feed[T any] struct {
	broker  *Local[T]
	room    string
	sink    hub.Sink[T]
	running sync.WaitGroup

	mu      sync.Mutex // covers all below; not held while anything is called
	changed *sync.Cond
	items   []item[T]
	refused *hub.Sub[item[T]] // to be called when there is room
	sub     *hub.Sub[item[T]]
	at      hub.Position // of the next message for the sink
	closed  bool
}

// join makes the feed a member of the room inside.
func (f *feed[T]) join(ctx context.Context, h *hub.Hub[item[T]], o hub.JoinOption) error {
	sub, err := h.Join(ctx, inside(f.room), f, o)
	if err != nil {
		return err
	}
	f.mu.Lock()
	f.sub = sub
	closed := f.closed
	f.mu.Unlock()
	if closed {
		sub.Leave()
	}
	return nil
}

// Offer implements hub.Member.
func (f *feed[T]) Offer(s *hub.Sub[item[T]], it item[T]) hub.Answer {
	f.mu.Lock()
	defer f.mu.Unlock()
	if len(f.items) >= waiting {
		f.refused = s
		return hub.Busy
	}
	f.items = append(f.items, it)
	f.changed.Broadcast()
	return hub.Taken
}

// run hands items to the sink until the feed is closed.
func (f *feed[T]) run() {
	for {
		f.mu.Lock()
		for len(f.items) == 0 && !f.closed {
			f.changed.Wait()
		}
		items, ready := f.items, f.refused
		f.items, f.refused = nil, nil
		f.mu.Unlock()
		if ready != nil {
			ready.Ready()
		}
		for _, it := range items {
			if !f.hand(it) {
				return
			}
		}
		f.mu.Lock()
		over := f.closed
		f.mu.Unlock()
		if over {
			return
		}
	}
}

// hand calls the sink with an item, unless the feed is closed.
func (f *feed[T]) hand(it item[T]) bool {
	f.mu.Lock()
	closed := f.closed
	f.mu.Unlock()
	if closed {
		return false
	}
	next := it.seek
	if next.Epoch == 0 {
		f.sink.Deliver(it.message)
		if next = f.at; !it.message.Volatile {
			next.Offset++
		}
	} else if next != f.at {
		f.sink.Seek(next)
	}
	f.mu.Lock()
	f.at = next
	f.changed.Broadcast()
	f.mu.Unlock()
	return true
}

// reach waits until the sink has been called for all before a position.
func (f *feed[T]) reach(ctx context.Context, to hub.Position) bool {
	stop := context.AfterFunc(ctx, func() {
		f.mu.Lock()
		f.changed.Broadcast()
		f.mu.Unlock()
	})
	defer stop()
	f.mu.Lock()
	defer f.mu.Unlock()
	for f.at.Epoch == 0 || f.at.Epoch == to.Epoch && f.at.Offset < to.Offset {
		if f.closed || ctx.Err() != nil {
			return false
		}
		f.changed.Wait()
	}
	return true
}

// Close implements hub.Feed.
func (f *feed[T]) Close() {
	f.broker.mu.Lock()
	delete(f.broker.feeds, f)
	f.broker.mu.Unlock()
	f.mu.Lock()
	f.closed = true
	sub := f.sub
	f.changed.Broadcast()
	f.mu.Unlock()
	if sub != nil {
		sub.Leave()
	}
	f.running.Wait()
}
