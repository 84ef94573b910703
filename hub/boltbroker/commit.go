package boltbroker

import (
	"context"
	"slices"
	"time"

	bolt "go.etcd.io/bbolt"
)

// A call is part of a transaction. If that fails, none of its calls was done.
type call struct {
	write func(*bolt.Tx) error // nil if it only wants its turn
	after func()               // in order, once it is on the disk
	err   chan error
}

// do makes a call, and returns when it has been committed.
func (b *Broker[T]) do(ctx context.Context, write func(*bolt.Tx) error, after func()) error {
	if err := ctx.Err(); err != nil {
		return err // rather than leave it to chance
	}
	c := call{write: write, after: after, err: make(chan error, 1)}
	select {
	case <-b.quit:
		return ErrClosed
	default:
	}
	select {
	case b.calls <- c:
	case <-b.quit:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	select {
	case err := <-c.err:
		return err
	case <-b.over:
		select {
		case err := <-c.err: // it was the last
			return err
		default:
			return ErrClosed
		}
	case <-ctx.Done():
		return ctx.Err() // it may be done yet
	}
}

// sweepEvery is how often the broker sweeps by itself.
const sweepEvery = 10 * time.Minute

// commit writes what has gathered, again and again.
func (b *Broker[T]) commit() {
	defer close(b.out)
	sweep := time.NewTicker(sweepEvery)
	defer sweep.Stop()
	for {
		var batch []call
		select {
		case <-sweep.C:
			batch = append(batch, call{write: b.sweep, err: make(chan error, 1)})
		case c := <-b.calls:
			batch = append(batch, c)
		case <-b.quit:
		}
		for more := true; more; {
			select {
			case c := <-b.calls:
				batch = append(batch, c)
			default:
				more = false
			}
		}
		if len(batch) == 0 {
			return
		}
		err := b.transact(batch)
		if err == nil {
			b.out <- func() {
				for _, c := range batch {
					if c.after != nil {
						c.after()
					}
				}
			}
		}
		for _, c := range batch {
			c.err <- err
		}
	}
}

// transact does in one transaction what is to be written of a batch.
func (b *Broker[T]) transact(batch []call) error {
	writes := slices.DeleteFunc(slices.Clone(batch), func(c call) bool { return c.write == nil })
	if len(writes) == 0 {
		return nil
	}
	begun := time.Now()
	err := b.write(func(tx *bolt.Tx) error {
		for _, c := range writes {
			if err := c.write(tx); err != nil {
				return err
			}
		}
		return nil
	})
	if b.cfg.OnCommit != nil {
		b.cfg.OnCommit(len(writes), time.Since(begun), err)
	}
	return err
}

// handOver does what is to be done in the order of the commits.
func (b *Broker[T]) handOver() {
	defer close(b.over)
	for f := range b.out {
		f()
	}
}
