package main

import "fmt"

// seating says which clients are in which room. With no number of members, each
// client is in one room and those of a room follow each other; otherwise rooms
// are filled one after the other, beginning again with the first client when all
// have had a seat.
func seating(clients, rooms, members int) ([][]int, error) {
	switch {
	case rooms < 1 || members < 0:
		return nil, fmt.Errorf("-rooms must be at least 1, and -members not negative")
	case members == 0 && rooms > clients:
		return nil, fmt.Errorf("%d clients are too few for %d rooms: use fewer, or let clients be in several with -members", clients, rooms)
	case members > clients:
		return nil, fmt.Errorf("%d clients are too few for rooms of %d members", clients, members)
	case members > 0 && rooms*members < clients:
		return nil, fmt.Errorf("%d rooms of %d members are too few for %d clients", rooms, members, clients)
	}
	seats := make([][]int, rooms)
	if members == 0 {
		for c := range clients {
			r := c * rooms / clients
			seats[r] = append(seats[r], c)
		}
		return seats, nil
	}
	for r := range seats {
		for i := range members {
			seats[r] = append(seats[r], (r*members+i)%clients)
		}
	}
	return seats, nil
}

// A room is where members talk when all of them are there, so that from its first
// line each of them has to hear everything.
type room struct {
	name    string
	index   int
	streams []stream // of its members, by seat
	*muster
}

func newRoom(index int, name string, members int) *room {
	return &room{name, index, make([]stream, members), newMuster(members)}
}

// id is a number for the stream of a seat that no other room's has.
func (r *room) id(seat int) int { return r.index<<16 ^ seat }
