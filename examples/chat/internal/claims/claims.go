// Package claims keeps in the chat's file whose a name is, and how far each user
// has read the mailbox.
package claims

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/hub/boltbroker"
)

// ErrTaken is returned by Set for a name that is somebody else's.
var ErrTaken = errors.New("claims: the name is somebody else's")

// A Claim is whose a name is.
type Claim struct {
	Name  string    `json:"name"` // as its owner writes it
	Owner string    `json:"owner"`
	Until time.Time `json:"until"`
}

// Held reports whether the claim is in force.
func (c Claim) Held() bool { return c.Until.After(time.Now()) }

// Claims are those in a file.
type Claims struct {
	file *boltbroker.Broker[*conn.Batch]
}

var claimsKey, seenKey = []byte("claims"), []byte("seen")

// In returns the claims in a file, which it prepares for them.
func In(ctx context.Context, file *boltbroker.Broker[*conn.Batch]) (*Claims, error) {
	err := file.Update(ctx, func(tx *bolt.Tx) error {
		_, err := tx.CreateBucketIfNotExists(claimsKey)
		_, err2 := tx.CreateBucketIfNotExists(seenKey)
		return errors.Join(err, err2)
	})
	return &Claims{file}, err
}

// Get returns the claim on a folded name, if there is one.
func (s *Claims) Get(name string) (c Claim, err error) {
	err = s.file.View(func(tx *bolt.Tx) error {
		c, err = get(tx, name)
		return err
	})
	return c, err
}

func get(tx *bolt.Tx, name string) (c Claim, err error) {
	if v := tx.Bucket(claimsKey).Get([]byte(name)); v != nil {
		err = json.Unmarshal(v, &c)
	}
	return c, err
}

// Set makes a folded name c's, or keeps it so. A new owner does not inherit the
// mailbox, a room.
func (s *Claims) Set(ctx context.Context, name string, c Claim, mailbox string) error {
	v, err := json.Marshal(c)
	if err != nil {
		return err
	}
	var taken error
	err = s.file.Update(ctx, func(tx *bolt.Tx) error {
		before, err := get(tx, name)
		if err != nil {
			return err
		}
		if before.Owner != "" && before.Owner != c.Owner {
			if before.Held() {
				taken = ErrTaken
				return nil
			}
			next, err := s.file.Forget(tx, mailbox)
			if err == nil {
				err = putSeen(tx, name, next)
			}
			if err != nil {
				return err
			}
		}
		return tx.Bucket(claimsKey).Put([]byte(name), v)
	})
	return errors.Join(err, taken)
}

// SetSeen takes note that a user has seen all of the mailbox before a position.
// It never goes back, nor beyond the end.
func (s *Claims) SetSeen(ctx context.Context, name, mailbox string, p hub.Position) error {
	return s.file.Update(ctx, func(tx *bolt.Tx) error {
		next := s.file.Next(tx, mailbox)
		if p.Epoch != next.Epoch || p.Offset > next.Offset || p.Offset <= seen(tx, name) {
			return nil
		}
		return putSeen(tx, name, p)
	})
}

// Seen returns what SetSeen has said; all is new if it has said nothing.
func (s *Claims) Seen(name string) (p hub.Position, err error) {
	err = s.file.View(func(tx *bolt.Tx) error {
		if n := seen(tx, name); n > 0 {
			p = hub.Position{Epoch: s.file.Epoch(), Offset: n}
		}
		return nil
	})
	return p, err
}

func seen(tx *bolt.Tx, name string) uint64 {
	if v := tx.Bucket(seenKey).Get([]byte(name)); v != nil {
		return binary.BigEndian.Uint64(v)
	}
	return 0
}

func putSeen(tx *bolt.Tx, name string, p hub.Position) error {
	return tx.Bucket(seenKey).Put([]byte(name), binary.BigEndian.AppendUint64(nil, p.Offset))
}
