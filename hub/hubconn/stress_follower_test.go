package hubconn_test

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/stretchr/testify/assert"

	"github.com/longsplice/longsplice/hub"
)

// A follower is a client in a room.
type follower struct {
	state state
	pos   hub.Position // of the next value, if it is not zero
	asked hub.Position // where it has asked to begin
	told  bool         // that it has begun
	start hub.Position // where it has begun first
	view  map[string]bool
}

type state int

const (
	out state = iota
	in
	leaving
)

// receive takes in a message.
func (c *client) receive(msg []byte) {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch msg[0] {
	case 'd':
		c.direct[1].Deliver(msg[1:])
	case 'v':
		c.value(msg[1], binary.BigEndian.Uint32(msg[2:]))
	case 's':
		number, to := binary.BigEndian.Uint32(msg[2:]), users[msg[6]]
		f := c.rooms[msg[1]]
		assert.False(c, c.signal[number], "seed %d: signal %d again", c.seed, number)
		assert.True(c, f.state != out && f.told && (to == "" || to == c.user), "seed %d: a signal for %q", c.seed, to)
		c.signal[number] = true
	case 'n':
		var n hub.Notice
		assert.NoError(c, json.Unmarshal(msg[1:], &n))
		room := n.Room[0]
		if len(n.Room) > 1 {
			assert.Equal(c, nameOf('p', c.user), n.Room)
			room = 'p'
		}
		c.notice(c.rooms[room], n)
	case 'l':
		f := c.rooms[msg[1]]
		p := hub.Position{Epoch: binary.BigEndian.Uint64(msg[2:]), Offset: binary.BigEndian.Uint64(msg[10:])}
		if f.told && c.plan.policy != hub.Latest {
			assert.Equal(c, p, f.pos, "seed %d: client %d left %c", c.seed, c.n, msg[1])
		}
		f.state, f.told, f.pos = out, false, p
	}
}

func (c *client) value(room byte, number uint32) {
	f := c.rooms[room]
	if !assert.True(c, f.state != out && f.told, "seed %d: a value of a room that client %d is not in", c.seed, c.n) {
		return
	}
	if c.plan.policy == hub.Latest { // what was replaced is passed over, so nobody can count
		c.books.took(c.n, nameOf(room, "ann"), number)
	} else {
		c.books.given(c.n, nameOf(room, "ann"), f.pos, number)
	}
	f.pos.Offset++
}

func (c *client) notice(f *follower, n hub.Notice) {
	if !assert.True(c, f.state != out, "seed %d: a notice of a room that client %d is not in: %+v", c.seed, c.n, n) {
		return
	}
	assert.True(c, f.told == (n.Kind != hub.Joined), "seed %d: client %d: %+v", c.seed, c.n, n)
	switch n.Kind {
	case hub.Joined:
		if f.told, f.pos = true, n.Next; f.start == (hub.Position{}) {
			f.start = n.Next
		}
		c.books.joins(c.n, n.Room)
		if f.asked != (hub.Position{}) {
			assert.Equal(c, f.asked, n.Next, "seed %d: client %d", c.seed, c.n)
		}
		f.see(n)
	case hub.Gap:
		if c.plan.policy != hub.Latest {
			assert.Equal(c, f.pos, n.From, "seed %d: client %d: %+v", c.seed, c.n, n)
			if lost := int(n.Next.Offset - n.From.Offset); c.plan.roomy && n.Next.Epoch == n.From.Epoch && !c.plan.shared {
				assert.LessOrEqual(c, lost, 1, "seed %d: client %d, where nothing had to be dropped: %+v", c.seed, c.n, n)
			}
		}
		c.books.misses(c.n, n)
		f.pos = n.Next
		f.see(n)
	case hub.Present:
		f.view[n.User] = true
	case hub.Absent:
		assert.False(c, c.plan.loyal, "seed %d: %s has not left", c.seed, n.User)
		delete(f.view, n.User)
	}
}

func (f *follower) see(n hub.Notice) {
	clear(f.view)
	for _, u := range n.Users {
		f.view[u] = true
	}
}

// unsettled says what the client still waits for, if anything.
func (c *client) unsettled() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.at(c.node).hub
	for _, room := range rooms {
		f := c.rooms[room]
		name := nameOf(room, c.user)
		if room == 'p' && c.user != "ann" {
			continue
		}
		if c.here == nil || f.state != in || !f.told {
			return fmt.Sprintf("not in %s", name)
		}
		_, next := h.History(name, hub.Position{}, 0)
		if f.pos.Epoch == next.Epoch && c.plan.policy == hub.Latest {
			if lacks := c.books.lacks(c.n, name, f.start, next); lacks != "" {
				return lacks
			}
		} else if f.pos != next {
			return fmt.Sprintf("in %s at %v, and not at %v", name, f.pos, next)
		}
		if there, view := h.Users(name), slices.Sorted(maps.Keys(f.view)); !slices.Equal(there, view) {
			return fmt.Sprintf("in %s it sees %v, where %v are", name, view, there)
		}
	}
	for _, s := range c.direct {
		if lost, _ := s.Tally(); lost > 0 {
			return fmt.Sprintf("%d direct messages have not arrived", lost)
		}
	}
	return ""
}
