package boltbroker

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/longsplice/longsplice/hub"
)

// ErrClosed is returned once the broker is closed.
var ErrClosed = errors.New("boltbroker: closed")

// Config of a Broker.
type Config[T any] struct {
	// Marshal and Unmarshal turn values into bytes and back. Both are required.
	// Unmarshal must not keep the bytes.
	Marshal   func(T) ([]byte, error)
	Unmarshal func([]byte) (T, error)

	// Limits say how much is kept. SetLimits changes them.
	Limits Limits

	// OnCommit, if it is not nil, is told of each transaction: how many calls it
	// has carried, how long it took, and why it failed. It must not block.
	OnCommit func(calls int, took time.Duration, err error)

	// NoSync leaves it to the operating system when to write to the disk: what
	// was published last may be lost, its positions be given out again, or the
	// file be damaged, if the machine fails, but not if the process does. See
	// bolt.Options.
	NoSync bool
}

// Limits say how much is kept of each room.
type Limits struct {
	Values int           // the newest so many; zero means 10,000, negative no limit
	Age    time.Duration // none older than this; zero and negative mean for ever
}

func (l Limits) values() uint64 {
	switch {
	case l.Values == 0:
		return 10_000
	case l.Values < 0:
		return 1 << 62
	}
	return uint64(l.Values)
}

// A Broker is an open file. All methods may be called concurrently.
type Broker[T any] struct {
	cfg    Config[T]
	db     *bolt.DB
	write  func(func(*bolt.Tx) error) error // db.Update
	epoch  uint64                           // of all positions in the file
	limits atomic.Pointer[Limits]

	calls chan call
	out   chan func() // for the goroutine that hands over, in order
	quit  chan struct{}
	over  chan struct{} // closed when both goroutines have ended
	close sync.Once

	mu    sync.Mutex // covers feeds
	feeds map[string][]*feed[T]
}

var roomsKey, metaKey, epochKey = []byte("hub.rooms"), []byte("hub.meta"), []byte("epoch")

// Open opens the file, which comes into being if need be, for its owner alone.
// A second process that opens it gets bolt.ErrTimeout after a second.
func Open[T any](path string, cfg Config[T]) (*Broker[T], error) {
	if cfg.Marshal == nil || cfg.Unmarshal == nil {
		return nil, errors.New("boltbroker: Config.Marshal and Config.Unmarshal are required")
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{Timeout: time.Second, NoSync: cfg.NoSync})
	if err != nil {
		return nil, fmt.Errorf("boltbroker: %s: %w", path, err)
	}
	b := &Broker[T]{
		cfg: cfg, db: db, write: db.Update, feeds: map[string][]*feed[T]{}, calls: make(chan call, 256),
		out: make(chan func(), 16), quit: make(chan struct{}), over: make(chan struct{}),
	}
	b.limits.Store(&cfg.Limits)
	if err := db.Update(b.prepare); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	go b.commit()
	go b.handOver()
	return b, nil
}

// prepare makes what a new file lacks. Its epoch is drawn once.
func (b *Broker[T]) prepare(tx *bolt.Tx) error {
	if _, err := tx.CreateBucketIfNotExists(roomsKey); err != nil {
		return err
	}
	meta, err := tx.CreateBucketIfNotExists(metaKey)
	if err != nil {
		return err
	}
	if v := meta.Get(epochKey); v != nil {
		b.epoch = number(v)
		return nil
	}
	b.epoch = rand.Uint64N(1<<53-1) + 1
	return meta.Put(epochKey, key(b.epoch))
}

// SetLimits changes the limits, for what is published from now on and for Sweep.
func (b *Broker[T]) SetLimits(l Limits) { b.limits.Store(&l) }

// Epoch is that of all positions in the file.
func (b *Broker[T]) Epoch() uint64 { return b.epoch }

// Update has f write to the file, in a transaction that others may share. If f
// fails, so does all of the transaction: f should return only what is the
// database's own fault, and tell others by its closure. It must not keep what it
// is given, nor panic: it runs in the broker's goroutine. An error other than ctx's means that nothing was written.
func (b *Broker[T]) Update(ctx context.Context, f func(tx *bolt.Tx) error) error {
	return b.do(ctx, f, nil)
}

// View has f read what has been committed.
func (b *Broker[T]) View(f func(tx *bolt.Tx) error) error { return b.db.View(f) }

// Size is the length of the file in bytes, 0 once it is closed.
func (b *Broker[T]) Size() (n int64) {
	_ = b.db.View(func(tx *bolt.Tx) error { // it fails once it is closed
		n = tx.Size()
		return nil
	})
	return n
}

// Close ends the broker when what was accepted is on the disk. Close the hubs
// that use it before: feeds that are open get no more. It is idempotent.
func (b *Broker[T]) Close() error {
	b.close.Do(func() { close(b.quit) })
	<-b.over
	b.mu.Lock()
	var open []*feed[T]
	for _, feeds := range b.feeds {
		open = append(open, feeds...)
	}
	b.mu.Unlock()
	for _, f := range open {
		f.Close()
	}
	return b.db.Close()
}

var _ hub.Broker[int] = (*Broker[int])(nil)

func number(k []byte) uint64 { return binary.BigEndian.Uint64(k) }
func key(n uint64) []byte    { return binary.BigEndian.AppendUint64(nil, n) }

// bucketOf is the name of a room's bucket, which cannot be empty as a room's can.
func bucketOf(room string) []byte { return []byte("=" + room) }
