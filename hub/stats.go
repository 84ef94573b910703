package hub

import (
	"slices"
	"sync/atomic"

	"github.com/longsplice/longsplice/internal/room"
)

// Stats is what a hub, or one room of it, has done and holds.
type Stats struct {
	Rooms   int
	Members int
	Values  int // kept, without those that were replaced under Latest
	Bytes   int // of all that is kept

	Published uint64 // values and signals that were appended
	Delivered uint64 // and how often one was taken, however many of them at once
	Refused   uint64 // offers that were answered Busy
	Gaps      uint64 // gaps that one member was told of; not those that a broker made for all
	Ended     uint64 // memberships that the hub ended with ErrBehind
}

// counters add up the counts of rooms that are no more.
type counters struct {
	appended, delivered, refused, gaps, ended atomic.Uint64
}

func (c *counters) add(n room.Counts) {
	c.appended.Add(n.Appended)
	c.delivered.Add(n.Delivered)
	c.refused.Add(n.Refused)
	c.gaps.Add(n.Gaps)
	c.ended.Add(n.Ended)
}

// Stats returns what the hub has done and holds. Rooms are looked at one after
// the other.
func (h *Hub[T]) Stats() Stats {
	all := Stats{
		Published: h.dead.appended.Load(),
		Delivered: h.dead.delivered.Load(),
		Refused:   h.dead.refused.Load(),
		Gaps:      h.dead.gaps.Load(),
		Ended:     h.dead.ended.Load(),
	}
	h.each(func(r *live[T]) {
		s := r.stats()
		all.Rooms += s.Rooms
		all.Members += s.Members
		all.Values += s.Values
		all.Bytes += s.Bytes
		all.Published += s.Published
		all.Delivered += s.Delivered
		all.Refused += s.Refused
		all.Gaps += s.Gaps
		all.Ended += s.Ended
	})
	return all
}

// RoomStats returns the same of one room. There may be none of the name.
func (h *Hub[T]) RoomStats(name string) (Stats, bool) {
	r := h.find(name)
	if r == nil {
		return Stats{}, false
	}
	s := r.stats()
	return s, s.Rooms > 0
}

func (r *live[T]) stats() Stats {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		return Stats{}
	}
	n := r.core.Counts()
	return Stats{
		Rooms: 1, Members: r.core.Members(), Values: r.core.Values(), Bytes: r.core.Bytes(),
		Published: n.Appended, Delivered: n.Delivered, Refused: n.Refused, Gaps: n.Gaps, Ended: n.Ended,
	}
}

// Rooms returns the names of all rooms, sorted.
func (h *Hub[T]) Rooms() []string {
	var names []string
	h.each(func(r *live[T]) { names = append(names, r.name) })
	slices.Sort(names)
	return names
}

// Users returns who is present in a room, sorted; with a Broker, at this node.
// One whose last member left within Room.Grace is.
func (h *Hub[T]) Users(name string) []string {
	r := h.find(name)
	if r == nil {
		return nil
	}
	r.mu.Lock()
	users := slices.Clone(r.core.Users())
	r.mu.Unlock()
	slices.Sort(users)
	return users
}

// History returns up to n of the values that are kept, from a position on, and
// the position of the first of them, or of the next value if there are none. It
// begins behind from if values are missing, at the oldest that is kept if from is
// of another epoch or zero, and ends before others that are missing. A room that
// does not exist has neither. With a Broker only rooms with members here do.
func (h *Hub[T]) History(name string, from Position, n int) ([]T, Position) {
	r := h.find(name)
	if r == nil {
		return nil, Position{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	vs, p := r.core.History(room.Position(from), n)
	return vs, Position(p)
}
