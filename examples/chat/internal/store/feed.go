package store

import (
	"context"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
)

// A feed is a room that a hub has open.
type feed struct {
	store *Store
	room  string
	sink  hub.Sink[*conn.Batch]

	mu     sync.Mutex // held while the sink is called; covers the rest
	next   uint64     // what is before has been handed over
	closed bool
}

// Open hands a room to a hub; see hub.Broker.
func (s *Store) Open(ctx context.Context, room string, history int, sink hub.Sink[*conn.Batch]) (hub.Feed, error) {
	f := &feed{store: s, room: room, sink: sink}
	begun := make(chan error, 1)
	// It begins between two lines: from there on none is missing.
	if err := s.do(ctx, nil, func() { begun <- f.begin(history) }); err != nil {
		f.Close()
		return nil, err
	}
	select {
	case err := <-begun:
		if err != nil {
			f.Close()
			return nil, err
		}
		return f, nil
	case <-ctx.Done():
		f.Close()
		return nil, ctx.Err()
	}
}

// begin hands over what there is. That may be more than was handed to others so
// far; it is passed over when it comes again.
func (f *feed) begin(history int) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed {
		return ErrClosed
	}
	var values []*conn.Batch
	err := f.store.db.View(func(tx *bolt.Tx) (err error) {
		values, f.next, err = f.store.newest(tx.Bucket(linesKey).Bucket([]byte(f.room)), 0, history)
		return err
	})
	if err != nil {
		return err
	}
	f.sink.Seek(hub.Position{Epoch: f.store.epoch, Offset: f.next})
	for _, v := range values {
		f.sink.Deliver(hub.Message[*conn.Batch]{Value: v})
		f.next++
	}
	f.store.mu.Lock()
	defer f.store.mu.Unlock()
	f.store.feeds[f.room] = append(f.store.feeds[f.room], f)
	return nil
}

func (f *feed) deliver(offset uint64, m hub.Message[*conn.Batch]) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed || !m.Volatile && offset < f.next {
		return
	}
	if !m.Volatile {
		f.next = offset + 1
	}
	f.sink.Deliver(m)
}

// Close does it for a hub; see hub.Feed.
func (f *feed) Close() {
	f.mu.Lock()
	f.closed = true
	f.mu.Unlock()
	s := f.store
	s.mu.Lock()
	defer s.mu.Unlock()
	s.feeds[f.room] = slices.DeleteFunc(s.feeds[f.room], func(other *feed) bool { return other == f })
	if len(s.feeds[f.room]) == 0 {
		delete(s.feeds, f.room)
	}
}

// hand does what is to be done in the order of the commits.
func (s *Store) hand() {
	defer close(s.over)
	for f := range s.out {
		f()
	}
}

func (s *Store) deliver(room string, offset uint64, m hub.Message[*conn.Batch]) {
	s.mu.Lock()
	feeds := slices.Clone(s.feeds[room])
	s.mu.Unlock()
	for _, f := range feeds {
		f.deliver(offset, m)
	}
}
