package boltbroker

import (
	"context"
	"slices"
	"sync"

	bolt "go.etcd.io/bbolt"

	"github.com/longsplice/longsplice/hub"
)

const (
	// A feed whose sink is busy keeps so many messages; further values it reads
	// from the file when their turn comes.
	maxPending = 1000
	// readAhead is how many it reads at once.
	readAhead = 100
)

// A feed is a room that a hub has open. It is a cursor on the room's values: a
// goroutine runs while there is something to hand over.
type feed[T any] struct {
	broker *Broker[T]
	room   string
	sink   hub.Sink[T]

	calling sync.Mutex // held while the sink is called

	mu      sync.Mutex // covers what follows
	pending []message[T]
	behind  bool // there is more in the file than is pending
	running bool
	closed  bool
	over    chan struct{} // closed with it

	// The goroutine's own.
	begun chan error // told once that what there was has been handed over; nil then
	next  uint64     // what is before has been handed over
	until uint64     // what there was when it began
	seek  bool       // the sink does not know next
}

type message[T any] struct {
	offset uint64
	hub.Message[T]
}

// Open hands a room to a hub; see hub.Broker.
func (b *Broker[T]) Open(ctx context.Context, room string, history int, sink hub.Sink[T]) (hub.Feed, error) {
	begun := make(chan error, 1)
	f := &feed[T]{broker: b, room: room, sink: sink, seek: true, behind: true, begun: begun, over: make(chan struct{})}
	// It begins between two values: from there on none is missing.
	if err := b.do(ctx, nil, func() { f.begin(history) }); err != nil {
		f.Close()
		return nil, err
	}
	var err error
	select {
	case err = <-begun:
	case <-f.over:
		err = ErrClosed
	case <-ctx.Done():
		err = ctx.Err()
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

func (f *feed[T]) begin(history int) {
	b := f.broker
	err := b.View(func(tx *bolt.Tx) error {
		f.next, f.until = b.span(tx.Bucket(roomsKey).Bucket(bucketOf(f.room)), 0, history)
		return nil
	})
	if err != nil {
		f.begun <- err
		return
	}
	b.mu.Lock()
	defer b.mu.Unlock()
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.closed { // whoever opened it has given up
		return
	}
	b.feeds[f.room] = append(b.feeds[f.room], f)
	f.runLocked()
}

// deliver gives a message to all feeds of a room, and waits for none.
func (b *Broker[T]) deliver(room string, offset uint64, m hub.Message[T]) {
	b.mu.Lock()
	feeds := slices.Clone(b.feeds[room])
	b.mu.Unlock()
	for _, f := range feeds {
		f.mu.Lock()
		if len(f.pending) < maxPending {
			f.pending = append(f.pending, message[T]{offset, m})
		} else {
			f.pending, f.behind = nil, true
		}
		f.runLocked()
		f.mu.Unlock()
	}
}

func (f *feed[T]) runLocked() {
	if !f.running && !f.closed {
		f.running = true
		go f.run()
	}
}

// run hands over what there is, until there is no more or the feed is closed.
func (f *feed[T]) run() {
	for {
		f.mu.Lock()
		pending, behind := f.pending, f.behind
		f.pending, f.behind = nil, false
		if f.closed || len(pending) == 0 && !behind {
			f.running = false
			f.mu.Unlock()
			return
		}
		f.mu.Unlock()
		var err error
		for behind && err == nil {
			behind, err = f.read()
		}
		for _, m := range pending {
			f.hand(m)
		}
		if f.begun != nil && (err != nil || f.next >= f.until) {
			f.begun <- err
			f.begun = nil
		}
	}
}

// read hands over values from the file, and reports whether there may be more.
func (f *feed[T]) read() (more bool, err error) {
	var values []T
	var first uint64
	err = f.broker.View(func(tx *bolt.Tx) error {
		values, first, err = f.broker.values(tx.Bucket(roomsKey).Bucket(bucketOf(f.room)), f.next, readAhead)
		return err
	})
	if err != nil {
		return false, err
	}
	if first > f.next { // what was there is not kept any more
		f.next, f.seek = first, true
	}
	f.tell()
	for _, v := range values {
		f.hand(message[T]{f.next, hub.Message[T]{Value: v}})
	}
	return len(values) == readAhead, nil
}

// tell tells the sink where the next value is, if it has to be told.
func (f *feed[T]) tell() {
	if f.seek {
		f.seek = false
		f.call(func() { f.sink.Seek(hub.Position{Epoch: f.broker.epoch, Offset: f.next}) })
	}
}

// hand hands over a message, unless it was handed over before.
func (f *feed[T]) hand(m message[T]) {
	if !m.Volatile {
		if m.offset < f.next {
			return
		}
		if m.offset > f.next { // a value between could not be read
			f.next, f.seek = m.offset, true
		}
		f.tell()
		f.next++
	}
	f.call(func() { f.sink.Deliver(m.Message) })
}

func (f *feed[T]) call(sink func()) {
	f.calling.Lock()
	defer f.calling.Unlock()
	f.mu.Lock()
	closed := f.closed
	f.mu.Unlock()
	if !closed {
		sink()
	}
}

// Close ends it for a hub; see hub.Feed.
func (f *feed[T]) Close() {
	f.mu.Lock()
	if !f.closed {
		close(f.over)
	}
	f.closed, f.pending = true, nil
	f.mu.Unlock()
	f.calling.Lock() // a call that is under way ends
	f.calling.Unlock()
	b := f.broker
	b.mu.Lock()
	defer b.mu.Unlock()
	b.feeds[f.room] = slices.DeleteFunc(b.feeds[f.room], func(other *feed[T]) bool { return other == f })
	if len(b.feeds[f.room]) == 0 {
		delete(b.feeds, f.room)
	}
}
