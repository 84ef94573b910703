package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	bolt "go.etcd.io/bbolt"

	"github.com/longsplice/longsplice/hub"
)

// ErrTaken is returned by Claim for a name that is somebody else's.
var ErrTaken = errors.New("store: the name is somebody else's")

// A Claim is whose a name is.
type Claim struct {
	Name  string    `json:"name"` // as its owner writes it
	Owner string    `json:"owner"`
	Until time.Time `json:"until"`
}

// Claimed returns the claim on a folded name, if there is one.
func (s *Store) Claimed(name string) (c Claim, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		c, err = claimed(tx, name)
		return err
	})
	return c, err
}

func claimed(tx *bolt.Tx, name string) (c Claim, err error) {
	if v := tx.Bucket(claimsKey).Get([]byte(name)); v != nil {
		err = json.Unmarshal(v, &c)
	}
	if c.Until.Before(time.Now()) {
		c.Until = time.Time{}
	}
	return c, err
}

// Held reports whether the claim is in force.
func (c Claim) Held() bool { return !c.Until.IsZero() }

// Claim makes a folded name c's, or keeps it so. A new owner does not inherit
// the mailbox, a room.
func (s *Store) Claim(ctx context.Context, name string, c Claim, mailbox string) error {
	var taken error
	err := s.do(ctx, func(tx *bolt.Tx) error {
		before, err := claimed(tx, name)
		if err != nil {
			return err
		}
		if before.Owner != "" && before.Owner != c.Owner {
			if before.Held() {
				taken = ErrTaken
				return nil
			}
			if err := clear(tx, name, mailbox); err != nil {
				return err
			}
		}
		v, err := json.Marshal(c)
		if err != nil {
			return err
		}
		return tx.Bucket(claimsKey).Put([]byte(name), v)
	}, nil)
	return errors.Join(err, taken)
}

// clear forgets the lines of a mailbox. Its sequence goes on, so that no
// position means another line than before.
func clear(tx *bolt.Tx, name, mailbox string) error {
	seen, b := tx.Bucket(seenKey), tx.Bucket(linesKey).Bucket([]byte(mailbox))
	if b == nil {
		return seen.Delete([]byte(name))
	}
	c := b.Cursor()
	for k, _ := c.First(); k != nil; k, _ = c.First() {
		if err := b.Delete(k); err != nil {
			return err
		}
	}
	return seen.Put([]byte(name), encoded(b.Sequence()+1))
}

// SetSeen takes note that a user has seen all of the mailbox before a position.
// It never goes back, nor beyond the end.
func (s *Store) SetSeen(ctx context.Context, name, mailbox string, p hub.Position) error {
	return s.do(ctx, func(tx *bolt.Tx) error {
		seen, b := tx.Bucket(seenKey), tx.Bucket(linesKey).Bucket([]byte(mailbox))
		if p.Epoch != s.epoch || b == nil || p.Offset > b.Sequence()+1 {
			return nil
		}
		if v := seen.Get([]byte(name)); v != nil && number(v) >= p.Offset {
			return nil
		}
		return seen.Put([]byte(name), encoded(p.Offset))
	}, nil)
}

// Seen returns what SetSeen has said; all is new if it has said nothing.
func (s *Store) Seen(name string) (p hub.Position, err error) {
	err = s.db.View(func(tx *bolt.Tx) error {
		if v := tx.Bucket(seenKey).Get([]byte(name)); v != nil {
			p = hub.Position{Epoch: s.epoch, Offset: number(v)}
		}
		return nil
	})
	return p, err
}
