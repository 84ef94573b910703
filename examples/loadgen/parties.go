package main

import (
	"fmt"
	"strconv"
	"time"

	"github.com/longsplice/longsplice/examples/chat/protocol"
)

// letters are what a line of a chat is made of: nothing that a server would
// change.
const letters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"

// parties makes one for each client.
func (l *load) parties() ([]party, error) {
	all := make([]party, l.clients)
	if l.work == "echo" {
		made := newContent(l.seed, l.sizes, "")
		for i := range all {
			all[i] = &echoParty{load: l, index: i, content: made}
		}
		return all, nil
	}
	seats, err := seating(l.clients, l.rooms, l.members)
	if err != nil {
		return nil, err
	}
	made := newContent(l.seed, l.sizes, letters)
	// Names and rooms are of this run alone: an earlier one's tokens are gone.
	run := strconv.FormatInt(time.Now().UnixNano(), 36)
	users := make([]*chatParty, l.clients)
	for i := range users {
		users[i] = &chatParty{
			load: l, index: i, content: made, seats: map[string]*seat{},
			login: protocol.Login{Name: fmt.Sprintf("load-%s-%d", run, i)},
		}
		all[i] = users[i]
	}
	for r, members := range seats {
		room := newRoom(r, fmt.Sprintf("load-%s-%d", run, r), len(members))
		for i, client := range members {
			s := &seat{room: room, index: i, ledgers: make([]ledger, len(members))}
			users[client].seats[room.name] = s
			users[client].order = append(users[client].order, s)
		}
	}
	return all, nil
}
