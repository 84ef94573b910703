package hubconn_test

import (
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
	return &books{T: t, fates: map[uint32]*fate{}, log: map[place]uint32{}}
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
