package hubsim

import (
	"math"

	"github.com/longsplice/longsplice/internal/room"
)

// A client is one connection. Its memberships share a send buffer.
type client struct {
	n      int
	user   string
	buffer int  // bytes that it takes before it has to be read
	free   int  // of them
	most   int  // that it takes at once
	eager  bool // it is ready again before its offer is over
	dying  bool
	subs   []*sub // by room; nil if it is not there
	had    []had  // and where it was
}

// had is where a membership ended.
type had struct {
	own, hubs room.Position
	node      int
}

const unlimited = math.MaxInt32

// change changes how much the client takes.
func (c *client) change(n int) {
	c.buffer = []int{unlimited, 60, 200, 20, 1, 1000}[n%6]
	if c.most = []int{unlimited, unlimited, 30, 80, 5}[n/6%5]; n == 89 {
		c.most = 0 // not even what the room itself has to tell
	}
	c.eager = n/30%3 == 1
	c.free = c.buffer
}

// steady reports whether the client takes whatever there is.
func (c *client) steady() bool { return c.buffer == unlimited && c.most == unlimited && !c.dying }

// answer is the client's to an offer of so many bytes.
func (c *client) answer(weight int) room.Verdict {
	switch {
	case c.dying:
		c.dying = false
		return room.Gone
	case weight > c.most:
		return room.TooLarge
	case weight > c.free && c.free < c.buffer: // an empty buffer takes anything
		return room.Busy
	case c.buffer < unlimited:
		c.free = max(c.free-weight, 0)
	}
	return room.Taken
}

// read makes room in a client's buffer, and the hub learns of it.
func (w *world) read(c *client, n int) {
	c.free = min(c.free+n, c.buffer)
	for _, s := range c.subs {
		if s != nil && s.refused && !s.over {
			s.ready()
		}
	}
}

// ready says that a member is ready, though perhaps it is not.
func (w *world) ready(s *sub) {
	if s != nil && !s.over {
		s.ready()
	}
}

func (s *sub) ready() {
	if s.refused {
		s.refused, s.waits = false, s.l.steps
	}
	s.l.core.Ready(&s.m)
}
