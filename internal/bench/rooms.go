package main

import (
	"slices"
	"sync"
)

// Rooms are the members of a server that has no rooms of its own.
type rooms[M comparable] struct {
	mu      sync.Mutex
	members map[uint32][]M
}

func (r *rooms[M]) join(room uint32, m M) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.members == nil {
		r.members = make(map[uint32][]M)
	}
	r.members[room] = append(r.members[room], m)
}

func (r *rooms[M]) leave(room uint32, m M) {
	r.mu.Lock()
	defer r.mu.Unlock()
	left := slices.Clone(r.members[room]) // somebody may be going through the other
	r.members[room] = slices.DeleteFunc(left, func(o M) bool { return o == m })
}

// leaveAll is leave for a member whose room is not known.
func (r *rooms[M]) leaveAll(m M) {
	r.mu.Lock()
	var in []uint32
	for room, members := range r.members {
		if slices.Contains(members, m) {
			in = append(in, room)
		}
	}
	r.mu.Unlock()
	for _, room := range in {
		r.leave(room, m)
	}
}

// each calls f with every member of every room.
func (r *rooms[M]) each(f func(M)) {
	r.mu.Lock()
	var all []M
	for _, members := range r.members {
		all = append(all, members...)
	}
	r.mu.Unlock()
	for _, m := range all {
		f(m)
	}
}

// all returns the members of a room, to be read only.
func (r *rooms[M]) all(room uint32) []M {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.members[room]
}
