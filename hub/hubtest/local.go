package hubtest

import (
	"context"
	"math"
	"sync"
	"time"

	"github.com/longsplice/longsplice/hub"
)

// A Local is a broker for the hubs of one process. It keeps what rooms say in a
// hub of its own, whose members are the nodes. All methods may be called
// concurrently.
type Local[T any] struct {
	mu     sync.Mutex // covers all below; not held while anything is called
	inner  *hub.Hub[item[T]]
	feeds  map[*feed[T]]struct{}
	closed bool
}

// An item is what is handed to a node: a message, or where the next one is.
type item[T any] struct {
	message hub.Message[T]
	seek    hub.Position
}

// NewLocal returns a broker for the hubs of one process.
func NewLocal[T any]() *Local[T] {
	return &Local[T]{inner: newInner[T](), feeds: map[*feed[T]]struct{}{}}
}

func newInner[T any]() *hub.Hub[item[T]] {
	return hub.New(hub.Config[item[T]]{
		Rooms:   hub.Room{History: 1000, Backlog: 4096, Policy: hub.Block, Block: time.Second, Keep: time.Hour},
		Notice:  func(n hub.Notice) item[T] { return item[T]{seek: n.Next} },
		MaxName: -1,
	})
}

// inside is what a room is called in the hub inside, where none is personal.
func inside(room string) string { return "room:" + room }

func (b *Local[T]) hub() *hub.Hub[item[T]] {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.inner
}

// Publish implements hub.Broker.
func (b *Local[T]) Publish(ctx context.Context, room string, m hub.Message[T]) (hub.Position, error) {
	if m.Volatile {
		return hub.Position{}, b.hub().Signal(ctx, inside(room), item[T]{message: m})
	}
	return b.hub().Publish(ctx, inside(room), item[T]{message: m})
}

// Open implements hub.Broker. More than the last 1,000 values are not kept.
func (b *Local[T]) Open(ctx context.Context, room string, history int, sink hub.Sink[T]) (hub.Feed, error) {
	f := &feed[T]{broker: b, room: room, sink: sink}
	f.changed = sync.NewCond(&f.mu)
	if err := f.join(ctx, b.hub(), hub.Last(history)); err != nil {
		return nil, err
	}
	b.mu.Lock()
	closed, inner := b.closed, b.inner
	b.feeds[f] = struct{}{}
	b.mu.Unlock()
	f.running.Go(f.run)
	_, to := inner.History(inside(room), hub.Position{Epoch: math.MaxInt64}, 0)
	if closed || !f.reach(ctx, to) {
		f.Close()
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		return nil, hub.ErrClosed
	}
	return f, nil
}

// Restart forgets everything and begins another epoch in each room, as a broker
// does that keeps rooms in memory and is started anew. What is published
// meanwhile fails or is lost.
func (b *Local[T]) Restart() error {
	b.mu.Lock()
	old := b.inner
	b.inner = newInner[T]()
	inner, feeds := b.inner, b.all()
	b.mu.Unlock()
	_ = old.Close()
	for _, f := range feeds {
		if err := f.join(context.Background(), inner, hub.Last(0)); err != nil {
			return err
		}
	}
	return nil
}

// Close ends the broker and its feeds: nothing is published or handed out any
// more. It is not to be called by a sink.
func (b *Local[T]) Close() error {
	b.mu.Lock()
	b.closed = true
	inner, feeds := b.inner, b.all()
	b.mu.Unlock()
	for _, f := range feeds {
		f.Close()
	}
	return inner.Close()
}

// all are the feeds; b.mu is held.
func (b *Local[T]) all() []*feed[T] {
	feeds := make([]*feed[T], 0, len(b.feeds))
	for f := range b.feeds {
		feeds = append(feeds, f)
	}
	return feeds
}
