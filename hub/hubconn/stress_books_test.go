package hubconn_test

import (
	"fmt"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/longsplice/longsplice/hub"
)

// books are what was published, and where.
type books struct {
	*testing.T

	mu       sync.Mutex // covers what follows
	last     uint32
	fates    map[uint32]*fate
	log      map[place]uint32
	reported []handed
	shelves  map[shelf]*newest
}

// A shelf is a client's of what it has taken in a room of the policy Latest.
type shelf struct {
	client int
	room   string
}

type newest struct {
	taken  [][]uint32 // in each membership, in order
	missed []hub.Notice
}

// A place is a position in a room.
type place struct {
	room string
	at   hub.Position
}

// A fate is what became of a value.
type fate struct {
	known, refused bool
	place          place
	key            byte
}

// A handed value is what a client was given, by its own count.
type handed struct {
	client int
	place  place
	number uint32
}

func newBooks(t *testing.T) *books {
	return &books{T: t, fates: map[uint32]*fate{}, log: map[place]uint32{}, shelves: map[shelf]*newest{}}
}

// attempt returns the number of a value that is about to be published.
func (b *books) attempt() uint32 {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	b.fates[b.last] = &fate{}
	return b.last
}

// published enters what came of an attempt.
func (b *books) published(room string, number uint32, key byte, p hub.Position, err error, perhaps bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f := b.fates[number]
	if assert.NotNil(b, f, "number %d is nobody's", number) {
		assert.False(b, f.known || f.refused, "number %d is published twice", number)
		switch {
		case err == nil:
			f.known, f.place, f.key = true, place{room, p}, key
			other, taken := b.log[f.place]
			assert.False(b, taken, "numbers %d and %d are both at %v", number, other, f.place)
			b.log[f.place] = number
		case !perhaps:
			f.refused = true
		}
	}
}

// given enters what a client was given.
func (b *books) given(client int, room string, p hub.Position, number uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reported = append(b.reported, handed{client, place{room, p}, number})
}

// verify holds what was given against what was published.
func (b *books) verify() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, r := range b.reported {
		f := b.fates[r.number]
		switch {
		case f == nil || f.refused:
			assert.Fail(b, "a value that was never published", "%+v", r)
		case f.known:
			if f.place != r.place {
				assert.Fail(b, "a value in another place", "%+v is %+v", r, *f)
			}
		default: // nobody knows whether it was published; so it was
			f.known, f.place = true, r.place
			_, taken := b.log[f.place]
			assert.False(b, taken, "two values are at %v", f.place)
			b.log[f.place] = r.number
		}
	}
}

func (b *books) shelf(client int, room string) *newest {
	s := b.shelves[shelf{client, room}]
	if s == nil {
		s = &newest{}
		b.shelves[shelf{client, room}] = s
	}
	return s
}

// joins, took and misses enter what a client is told and given in a room of the
// policy Latest.
func (b *books) joins(client int, room string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.shelf(client, room)
	s.taken = append(s.taken, nil)
}

func (b *books) took(client int, room string, number uint32) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.shelf(client, room)
	last := &s.taken[len(s.taken)-1]
	*last = append(*last, number)
}

func (b *books) misses(client int, n hub.Notice) {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.shelf(client, n.Room)
	s.missed = append(s.missed, n)
}

// lacks is the newest value of a key that a client which has begun at a position
// has not been given yet, if there is one. What it was given came in the order of
// positions.
func (b *books) lacks(client int, room string, start, end hub.Position) string {
	b.mu.Lock()
	defer b.mu.Unlock()
	s := b.shelf(client, room)
	has := map[hub.Position]bool{}
	for _, taken := range s.taken {
		var last hub.Position
		for _, number := range taken {
			f := b.fates[number]
			if f == nil || !f.known {
				continue // nobody knows where it is
			}
			assert.True(b, f.place.room == room && (last.Epoch != f.place.at.Epoch || last.Offset < f.place.at.Offset),
				"client %d is given %+v after %v", client, *f, last)
			last, has[f.place.at] = f.place.at, true
		}
	}
	keys := map[byte]hub.Position{}
	for at, number := range b.log {
		if f := b.fates[number]; at.room == room && at.at.Epoch == end.Epoch && at.at.Offset > keys[f.key].Offset {
			keys[f.key] = at.at
		}
	}
	for key, at := range keys {
		missed := has[at] || at.Epoch == start.Epoch && at.Offset < start.Offset
		for _, n := range s.missed {
			missed = missed || at.Offset < n.Next.Offset && n.Next.Epoch == at.Epoch && (n.From.Epoch != at.Epoch || n.From.Offset <= at.Offset)
		}
		if !missed {
			return fmt.Sprintf("the newest of %c in %s, at %v", key, room, at)
		}
	}
	return ""
}
