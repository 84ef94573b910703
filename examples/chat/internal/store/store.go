// Package store keeps what a chat must not forget in a file: lines, names and
// how far mailboxes have been read. To a hub it is the Broker: nobody is shown
// a line that is not on the disk.
//
// Two goroutines do the work. One commits: all that has gathered while the disk
// was busy goes into one transaction. The other hands over what has been
// committed, in that order, so that the next commit need not wait for members.
package store

import (
	"context"
	"encoding/binary"
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	bolt "go.etcd.io/bbolt"
)

// ErrClosed is returned once the store is closed.
var ErrClosed = errors.New("store: closed")

// Limits say how much is kept of each room. They may be changed at any time.
type Limits struct {
	Lines int           // the newest so many; at least 1
	Age   time.Duration // no older ones; 0 means for ever
}

// A Store is an open file.
type Store struct {
	// Committed, if set before the first use, is told of each transaction.
	Committed func(jobs int, took time.Duration, err error)

	db     *bolt.DB
	update func(func(*bolt.Tx) error) error // db.Update
	epoch  uint64                           // of all positions in the file
	limits atomic.Pointer[Limits]

	jobs  chan job
	out   chan func() // for the goroutine that hands over, in order
	quit  chan struct{}
	over  chan struct{} // closed when both goroutines have ended
	close sync.Once

	mu    sync.Mutex // covers feeds
	feeds map[string][]*feed
}

// A job is part of a transaction. If that fails, none of its jobs was done.
type job struct {
	write func(*bolt.Tx) error // nil if it is only to have its turn
	after func()               // in order, once it is on the disk
	err   chan error
}

var linesKey, claimsKey, seenKey, metaKey, epochKey = []byte("lines"), []byte("claims"), []byte("seen"), []byte("meta"), []byte("epoch")

// Open opens the store in a directory, which comes into being if need be. A
// second process that opens it gets an error.
func Open(dir string, limits Limits) (*Store, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	db, err := bolt.Open(filepath.Join(dir, "chat.db"), 0o600, &bolt.Options{Timeout: time.Second})
	if err != nil {
		return nil, err
	}
	s := &Store{
		db: db, update: db.Update, feeds: map[string][]*feed{}, jobs: make(chan job, 256),
		out: make(chan func(), 16), quit: make(chan struct{}), over: make(chan struct{}),
	}
	s.limits.Store(&limits)
	if err := db.Update(s.prepare); err != nil {
		return nil, errors.Join(err, db.Close())
	}
	go s.commit()
	go s.hand()
	return s, nil
}

// prepare makes what a new file lacks. Its epoch is drawn once, so that
// positions hold over restarts.
func (s *Store) prepare(tx *bolt.Tx) error {
	for _, key := range [][]byte{linesKey, claimsKey, seenKey, metaKey} {
		if _, err := tx.CreateBucketIfNotExists(key); err != nil {
			return err
		}
	}
	meta := tx.Bucket(metaKey)
	if v := meta.Get(epochKey); v != nil {
		s.epoch = number(v)
		return nil
	}
	s.epoch = rand.Uint64N(1<<53-1) + 1
	return meta.Put(epochKey, encoded(s.epoch))
}

// SetLimits changes the limits.
func (s *Store) SetLimits(l Limits) { s.limits.Store(&l) }

// Size is the length of the file in bytes.
func (s *Store) Size() (n int64) {
	_ = s.db.View(func(tx *bolt.Tx) error { n = tx.Size(); return nil }) // 0 once it is closed
	return n
}

// Close ends the store, when what was accepted is on the disk. It is idempotent.
func (s *Store) Close() error {
	s.close.Do(func() { close(s.quit) })
	<-s.over
	return s.db.Close()
}

// do has a job done, and returns when it has been.
func (s *Store) do(ctx context.Context, write func(*bolt.Tx) error, after func()) error {
	j := job{write: write, after: after, err: make(chan error, 1)}
	select {
	case <-s.quit:
		return ErrClosed
	default:
	}
	select {
	case s.jobs <- j:
	case <-s.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-j.err:
		return err
	case <-s.over:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err() // it may be done yet
	}
}

// commit writes what has gathered, again and again.
func (s *Store) commit() {
	defer close(s.out)
	for {
		var batch []job
		select {
		case j := <-s.jobs:
			batch = append(batch, j)
		case <-s.quit:
		}
		for more := true; more; {
			select {
			case j := <-s.jobs:
				batch = append(batch, j)
			default:
				more = false
			}
		}
		if len(batch) == 0 {
			return
		}
		s.transact(batch)
	}
}

func (s *Store) transact(batch []job) {
	err := s.write(batch)
	if err == nil {
		s.out <- func() {
			for _, j := range batch {
				if j.after != nil {
					j.after()
				}
			}
		}
	}
	for _, j := range batch {
		j.err <- err
	}
}

// write does in one transaction what is to be written of a batch.
func (s *Store) write(batch []job) error {
	jobs := slices.DeleteFunc(slices.Clone(batch), func(j job) bool { return j.write == nil })
	if len(jobs) == 0 {
		return nil
	}
	begun := time.Now()
	err := s.update(func(tx *bolt.Tx) error {
		for _, j := range jobs {
			if err := j.write(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if s.Committed != nil {
		s.Committed(len(jobs), time.Since(begun), err)
	}
	return err
}

func number(b []byte) uint64  { return binary.BigEndian.Uint64(b) }
func encoded(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
