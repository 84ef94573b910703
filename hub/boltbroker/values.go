package boltbroker

import (
	"context"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/longsplice/longsplice/hub"
)

// An Entry is a value and the room that it is for.
type Entry[T any] struct {
	Room  string
	Value T
}

// Publish appends a message to a room; see hub.Broker.
func (b *Broker[T]) Publish(ctx context.Context, room string, m hub.Message[T]) (hub.Position, error) {
	if m.Volatile {
		return hub.Position{}, b.do(ctx, nil, func() { b.deliver(room, 0, m) })
	}
	at, err := b.append(ctx, []Entry[T]{{room, m.Value}})
	if err != nil {
		return hub.Position{}, err
	}
	return at[0], nil
}

// Append publishes several values, which may be for different rooms: all of them
// or none.
func (b *Broker[T]) Append(ctx context.Context, entries ...Entry[T]) error {
	_, err := b.append(ctx, entries)
	return err
}

func (b *Broker[T]) append(ctx context.Context, entries []Entry[T]) ([]hub.Position, error) {
	records, at := make([][]byte, len(entries)), make([]hub.Position, len(entries))
	for i, e := range entries {
		v, err := b.cfg.Marshal(e.Value)
		if err != nil {
			return nil, err
		}
		records[i] = append(key(uint64(time.Now().UnixMilli())), v...)
	}
	err := b.do(ctx, func(tx *bolt.Tx) error {
		for i, e := range entries {
			offset, err := b.put(tx, e.Room, records[i])
			if err != nil {
				return err
			}
			at[i] = hub.Position{Epoch: b.epoch, Offset: offset}
		}
		return nil
	}, func() {
		for i, e := range entries {
			b.deliver(e.Room, at[i].Offset, hub.Message[T]{Value: e.Value})
		}
	})
	return at, err
}

// put appends a record to its room's bucket, whose sequence counts offsets, and
// drops one or two that are not to be kept any more.
func (b *Broker[T]) put(tx *bolt.Tx, room string, record []byte) (uint64, error) {
	bucket, err := tx.Bucket(roomsKey).CreateBucketIfNotExists(bucketOf(room))
	if err != nil {
		return 0, err
	}
	bucket.FillPercent = 0.9 // keys only grow
	offset, err := bucket.NextSequence()
	if err != nil {
		return 0, err
	}
	if _, err := b.trim(bucket, 2); err != nil {
		return 0, err
	}
	return offset, bucket.Put(key(offset), record)
}

// trim drops at most so many values that are not to be kept any more.
func (b *Broker[T]) trim(bucket *bolt.Bucket, most int) (n int, err error) {
	limits, now := *b.limits.Load(), time.Now()
	c := bucket.Cursor()
	for k, v := c.First(); k != nil && n < most; k, v = c.First() {
		if number(k)+limits.values() > bucket.Sequence() && !limits.expired(v, now) {
			break
		}
		if err := bucket.Delete(k); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Sweep drops values that have become too old in rooms in which nothing is
// published: some thousands of them, so that others are not held up. The broker
// does it every ten minutes by itself.
func (b *Broker[T]) Sweep(ctx context.Context) error { return b.do(ctx, b.sweep, nil) }

func (b *Broker[T]) sweep(tx *bolt.Tx) error {
	most := 10_000
	return tx.Bucket(roomsKey).ForEachBucket(func(room []byte) error {
		n, err := b.trim(tx.Bucket(roomsKey).Bucket(room), most)
		most -= n
		return err
	})
}

// Forget drops all that a room has kept, as part of an Update. Its offsets go on
// behind it. It returns the position of the next value.
//
// Hubs that have the room open keep what they have in memory.
func (b *Broker[T]) Forget(tx *bolt.Tx, room string) (hub.Position, error) {
	rooms := tx.Bucket(roomsKey)
	bucket := rooms.Bucket(bucketOf(room))
	if bucket == nil {
		return hub.Position{Epoch: b.epoch, Offset: 1}, nil
	}
	offset := bucket.Sequence()
	if err := rooms.DeleteBucket(bucketOf(room)); err != nil {
		return hub.Position{}, err
	}
	bucket, err := rooms.CreateBucket(bucketOf(room))
	if err != nil {
		return hub.Position{}, err
	}
	return hub.Position{Epoch: b.epoch, Offset: offset + 1}, bucket.SetSequence(offset)
}

// Next is the position of a room's next value.
func (b *Broker[T]) Next(tx *bolt.Tx, room string) hub.Position {
	p := hub.Position{Epoch: b.epoch, Offset: 1}
	if bucket := tx.Bucket(roomsKey).Bucket(bucketOf(room)); bucket != nil {
		p.Offset = bucket.Sequence() + 1
	}
	return p
}

// Before returns up to n values of a room before an offset, oldest first, or the
// newest if that is zero, and the offset of the first of them.
func (b *Broker[T]) Before(room string, offset uint64, n int) (values []T, first uint64, err error) {
	err = b.db.View(func(tx *bolt.Tx) error {
		bucket := tx.Bucket(roomsKey).Bucket(bucketOf(room))
		var end uint64
		first, end = b.span(bucket, offset, max(n, 0))
		values, _, err = b.values(bucket, first, int(end-first))
		return err
	})
	return values, first, err
}

// span returns where the last n values before an offset (0 for the end) begin and
// end, as far as they are kept.
func (b *Broker[T]) span(bucket *bolt.Bucket, before uint64, n int) (first, end uint64) {
	if bucket == nil {
		return 1, 1
	}
	if end = bucket.Sequence() + 1; before > 0 && before < end {
		end = before
	}
	now, limits, c := time.Now(), *b.limits.Load(), bucket.Cursor()
	k, v := c.Seek(key(end))
	if k == nil {
		k, v = c.Last()
	} else {
		k, v = c.Prev()
	}
	first = end
	for ; k != nil && number(k) == first-1 && end-first < uint64(n) && !limits.expired(v, now); k, v = c.Prev() {
		first--
	}
	return first, end
}

// values returns up to n values from the first on that is there at or behind an
// offset, and the offset of that, which is the next value's if there is none.
func (b *Broker[T]) values(bucket *bolt.Bucket, from uint64, n int) (values []T, first uint64, err error) {
	if bucket == nil {
		return nil, from, nil
	}
	first = max(from, bucket.Sequence()+1)
	c := bucket.Cursor()
	for k, v := c.Seek(key(from)); k != nil && len(values) < n; k, v = c.Next() {
		if len(values) == 0 {
			first = number(k)
		}
		value, err := b.cfg.Unmarshal(v[8:])
		if err != nil {
			return nil, 0, err
		}
		values = append(values, value)
	}
	return values, first, nil
}

// expired reports whether a record, which begins with the time of its writing in
// milliseconds, is too old.
func (l Limits) expired(record []byte, now time.Time) bool {
	return l.Age > 0 && now.UnixMilli()-int64(number(record[:8])) >= l.Age.Milliseconds()
}
