package store

import (
	"context"
	"encoding/binary"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
)

// A Line is a value and the room that it belongs to.
type Line struct {
	Room  string
	Value *conn.Batch
}

// Publish does it for a hub; see hub.Broker.
func (s *Store) Publish(ctx context.Context, room string, m hub.Message[*conn.Batch]) (hub.Position, error) {
	if m.Volatile {
		return hub.Position{}, s.do(ctx, nil, func() { s.deliver(room, 0, m) })
	}
	offsets, err := s.append(ctx, []Line{{room, m.Value}})
	if err != nil {
		return hub.Position{}, err
	}
	return hub.Position{Epoch: s.epoch, Offset: offsets[0]}, nil
}

// Append publishes several lines, all or none.
func (s *Store) Append(ctx context.Context, lines ...Line) error {
	_, err := s.append(ctx, lines)
	return err
}

func (s *Store) append(ctx context.Context, lines []Line) ([]uint64, error) {
	offsets := make([]uint64, len(lines))
	err := s.do(ctx, func(tx *bolt.Tx) (err error) {
		for i, l := range lines {
			if offsets[i], err = s.put(tx, l); err != nil {
				return err
			}
		}
		return nil
	}, func() {
		for i, l := range lines {
			s.deliver(l.Room, offsets[i], hub.Message[*conn.Batch]{Value: l.Value})
		}
	})
	return offsets, err
}

// put appends a line to its room's bucket, whose sequence counts offsets, and
// drops one or two that are not to be kept any more.
func (s *Store) put(tx *bolt.Tx, l Line) (uint64, error) {
	b, err := tx.Bucket(linesKey).CreateBucketIfNotExists([]byte(l.Room))
	if err != nil {
		return 0, err
	}
	b.FillPercent = 0.9 // keys only grow
	offset, err := b.NextSequence()
	if err != nil {
		return 0, err
	}
	if _, err := s.trim(b, 2); err != nil {
		return 0, err
	}
	return offset, b.Put(encoded(offset), record(l.Value, time.Now()))
}

// trim drops at most so many lines that are not to be kept any more.
func (s *Store) trim(b *bolt.Bucket, most int) (n int, err error) {
	limits := *s.limits.Load()
	c := b.Cursor()
	for k, v := c.First(); k != nil && n < most; k, v = c.First() {
		if number(k)+uint64(limits.Lines) > b.Sequence() && !limits.expired(v, time.Now()) {
			break
		}
		if err := b.Delete(k); err != nil {
			return n, err
		}
		n++
	}
	return n, nil
}

// Sweep drops lines that have become too old in rooms where nothing is said.
func (s *Store) Sweep(ctx context.Context) error {
	return s.do(ctx, func(tx *bolt.Tx) error {
		most := 10_000 // a transaction must not hold up others for long
		return tx.Bucket(linesKey).ForEachBucket(func(room []byte) error {
			n, err := s.trim(tx.Bucket(linesKey).Bucket(room), most)
			most -= n
			return err
		})
	}, nil)
}

// Before returns up to n lines before an offset, or the newest if that is zero,
// and the offset of the first of them.
func (s *Store) Before(room string, offset uint64, n int) (values []*conn.Batch, first uint64, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		values, first, err = s.newest(tx.Bucket(linesKey).Bucket([]byte(room)), offset, n)
		return err
	})
	return values, first, err
}

func (s *Store) newest(b *bolt.Bucket, before uint64, n int) ([]*conn.Batch, uint64, error) {
	if b == nil {
		return nil, 1, nil
	}
	next := b.Sequence() + 1
	if before > 0 && before < next {
		next = before
	}
	now, limits, c := time.Now(), *s.limits.Load(), b.Cursor()
	first := next
	for ; first > 1 && next-first < uint64(n); first-- {
		k, v := c.Seek(encoded(first - 1))
		if k == nil || number(k) != first-1 || limits.expired(v, now) {
			break
		}
	}
	values := make([]*conn.Batch, 0, next-first)
	for offset := first; offset < next; offset++ {
		_, v := c.Seek(encoded(offset))
		value, err := parse(v)
		if err != nil {
			return nil, 0, err
		}
		values = append(values, value)
	}
	return values, first, nil
}

// A record is when it was written, in milliseconds, and the messages, each
// behind its length.
func record(v *conn.Batch, now time.Time) []byte {
	b := binary.BigEndian.AppendUint64(nil, uint64(now.UnixMilli()))
	for msg := range v.All() {
		b = append(binary.AppendUvarint(b, uint64(len(msg))), msg...)
	}
	return b
}

func parse(b []byte) (*conn.Batch, error) {
	var msgs [][]byte
	for b = b[8:]; len(b) > 0; {
		n, size := binary.Uvarint(b)
		msgs = append(msgs, b[size:size+int(n)])
		b = b[size+int(n):]
	}
	return conn.Encode(msgs...)
}

func (l Limits) expired(record []byte, now time.Time) bool {
	return l.Age > 0 && now.UnixMilli()-int64(number(record[:8])) >= l.Age.Milliseconds()
}
