package hub

import (
	"fmt"
	"math/rand/v2"

	"github.com/longsplice/longsplice/internal/room"
)

// A Position is a place in a room's history. Offsets count the room's values
// from 1. An epoch is one life of the room: offsets of different epochs have
// nothing to do with each other. The zero Position is none.
//
// Both numbers are below 2⁵³, so that any JSON parser can read them.
type Position struct {
	Epoch  uint64 `json:"epoch"`
	Offset uint64 `json:"offset"`
}

func (p Position) String() string { return fmt.Sprintf("%x/%d", p.Epoch, p.Offset) }

// firstPosition begins an epoch.
func firstPosition() Position { return Position{Epoch: rand.Uint64N(1<<53-1) + 1, Offset: 1} }

// A NoticeKind says what a Notice is about.
type NoticeKind int

const (
	// Joined is the first that a member is offered. Next is the position that it
	// begins at: the one that it asked for with From, or that of the first value
	// that it will be offered. The value after that has the next offset, and so
	// on, except behind a Gap. So members can count positions, and values need
	// not carry them. Users are who is present.
	Joined NoticeKind = iota + 1

	// Gap: the values from From up to but without Next are missing. The next
	// value is at Next. Between different epochs nobody knows how many are
	// missing. If From and Next are equal only notices or signals are. If Next
	// is before From in the same epoch, this node of several has not got as far
	// yet, and values come again. Users are who is present.
	Gap

	// Present and Absent: User has come or gone. They need not alternate: take
	// the last as true.
	Present
	Absent
)

// A Notice is what the hub itself has to tell the members of a room. It stands
// between the values in its right place.
type Notice struct {
	Kind       NoticeKind
	Room       string
	From, Next Position
	User       string
	Users      []string // in no order, and not to be changed; nil if more than Room.Roster
	Count      int      // how many are present
}

// render makes a value of an item.
func (h *Hub[T]) render(name string, item *room.Item[T]) T {
	n := Notice{Room: name, User: item.User, Users: item.Users, Count: item.Count, From: Position(item.From), Next: Position(item.To)}
	switch item.Kind {
	case room.Joined:
		n.Kind = Joined
	case room.Gap, room.Break:
		n.Kind = Gap
	case room.Present:
		n.Kind = Present
	case room.Absent:
		n.Kind = Absent
	default:
		return item.Value
	}
	return h.cfg.Notice(n)
}
