package hubconn_test

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/stretchr/testify/assert"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/internal/chaos/ledger"
	"github.com/longsplice/longsplice/reconnect"
)

// users are by what messages call them; 'x' is nobody.
var users = map[byte]string{'a': "ann", 'b': "bob", 'e': "eve"}

var letters = []byte("aabbe")

// A client is a user's connection, session after session.
type client struct {
	*stressed
	n    int
	user string
	draw func(int) int // of its receiver

	mu     sync.Mutex // covers what follows
	rooms  map[byte]*follower
	signal map[uint32]bool
	here   *conn.Conn // its present session
	node   int
	direct [2]*ledger.Stream // to the server, and from it
}

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

func newClient(w *stressed, n int) *client {
	return &client{
		stressed: w, n: n, user: users[letters[n]], draw: drawing(w.seed, uint64(100+n)),
		rooms: map[byte]*follower{'a': {}, 'b': {}, 'p': {}}, signal: map[uint32]bool{},
	}
}

// live keeps the client until the run is over, through any number of sessions.
func (c *client) live() {
	for serial := 0; ; serial++ {
		draw := drawing(c.seed, uint64(10_000*(1+serial)+c.n))
		c.mu.Lock()
		c.node = draw(len(c.stations))
		c.mu.Unlock()
		cfg := &conn.Config{
			MinPing: -1, Heartbeat: watch, DialTimeout: time.Second, WriteTimeout: 2 * time.Second, Linger: -1,
			Window: []int{1, 1000, 0}[draw(3)], MaxMessage: 400,
			Dialers:    map[string]conn.DialFunc{"mem": c.net.Dial},
			Retry:      reconnect.Policy{InitialDelay: 10 * time.Millisecond, MaxDelay: 100 * time.Millisecond},
			Credential: func(context.Context) ([]byte, error) { return []byte(c.user), nil },
		}
		ctx, cancel := context.WithCancel(context.Background())
		brief := !c.plan.loyal && draw(2) == 0
		until := time.Duration(draw(2000)) * time.Millisecond
		done := make(chan struct{})
		go func() {
			defer cancel()
			calm, timeout := c.calm, time.After(until)
			if !brief {
				timeout = nil
			}
			for {
				select {
				case <-calm: // nobody leaves any more
					calm, timeout = nil, nil
				case <-timeout:
					return
				case <-c.over:
					return
				case <-done:
					return
				}
			}
		}()
		_ = conn.Run(ctx, fmt.Sprint("mem://server", c.node), conn.HandlerFunc(func(ctx context.Context, cc *conn.Conn) error {
			return c.session(ctx, cc, draw)
		}), cfg)
		close(done)
		select {
		case <-c.over:
			return
		case <-time.After(time.Duration(draw(50)) * time.Millisecond):
		}
	}
}

// session is one session's life.
func (c *client) session(ctx context.Context, cc *conn.Conn, draw func(int) int) error {
	c.begin(ctx, cc)
	var sender sync.WaitGroup
	until, stop := context.WithCancel(ctx)
	sender.Go(func() { c.act(until, cc, draw) })
	defer func() {
		stop()
		sender.Wait()
		c.end()
	}()
	for {
		select {
		case <-c.calm:
		case <-time.After(time.Duration(c.draw(1+c.draw(100))) * time.Millisecond):
		}
		msg, err := cc.Receive(ctx)
		if err != nil {
			return err
		}
		c.receive(msg)
	}
}

func (c *client) begin(ctx context.Context, cc *conn.Conn) {
	c.mu.Lock()
	c.here = cc
	c.stressed.mu.Lock()
	for i := range c.direct {
		c.direct[i] = ledger.New(uint32(len(c.streams) + 1))
		c.streams[c.direct[i].ID()] = c.direct[i]
	}
	c.stressed.mu.Unlock()
	hello := binary.BigEndian.AppendUint32([]byte{'b'}, c.direct[0].ID())
	hello = binary.BigEndian.AppendUint32(hello, c.direct[1].ID())
	c.mu.Unlock()
	_ = cc.Send(ctx, hello)
}

// end takes note of the end of a session: it is in no room any more.
func (c *client) end() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.here = nil
	for _, f := range c.rooms {
		if f.state != out && !f.told && f.asked != (hub.Position{}) {
			f.pos = f.asked
		}
		f.state, f.told = out, false
	}
}

// act does anything at any time; when all is calm it sees that it is in the rooms.
func (c *client) act(ctx context.Context, cc *conn.Conn, draw func(int) int) {
	for n := 0; ctx.Err() == nil; n++ {
		calm := false
		select {
		case <-c.calm:
			calm = true
		default:
		}
		if calm {
			c.joinAll(ctx, cc)
			select {
			case <-time.After(50 * time.Millisecond):
			case <-ctx.Done():
			}
			continue
		}
		room := rooms[draw(len(rooms))]
		switch draw(12) {
		case 0, 1:
			c.join(ctx, cc, room, draw)
		case 2:
			if !c.plan.loyal {
				c.leave(ctx, cc, room, draw)
			}
		case 3:
			msg := binary.BigEndian.AppendUint32([]byte{'s', room}, c.books.attempt())
			_ = cc.Send(ctx, append(msg, []byte("abex")[draw(4)]))
		case 4:
			err := cc.Send(ctx, append([]byte("d"), c.direct[0].Offer(draw(80))...))
			c.direct[0].Answer(err == nil)
		default:
			for range 1 + draw(4) {
				msg := binary.BigEndian.AppendUint32([]byte{'p', room}, c.books.attempt())
				msg = append(append(msg, byte('a'+draw(3))), make([]byte, draw(1+draw(200)))...)
				_ = cc.Send(ctx, msg)
			}
		}
		select {
		case <-time.After(time.Duration(draw(1+draw(100))) * time.Millisecond):
		case <-c.calm:
		case <-ctx.Done():
		}
	}
}

func (c *client) joinAll(ctx context.Context, cc *conn.Conn) {
	for _, room := range rooms {
		c.join(ctx, cc, room, func(int) int { return 0 })
	}
}

// join asks to be a member: from where the client was, if it was there.
func (c *client) join(ctx context.Context, cc *conn.Conn, room byte, draw func(int) int) {
	if room == 'p' && c.user != "ann" {
		return
	}
	c.mu.Lock()
	f := c.rooms[room]
	if f.state != out || c.here != cc {
		c.mu.Unlock()
		return
	}
	f.state, f.told, f.asked, f.view = in, false, hub.Position{}, map[string]bool{}
	msg := []byte{'j', room, 'n'}
	n := uint64(draw(10))
	if f.pos != (hub.Position{}) {
		f.asked, msg[2], n = f.pos, 'f', f.pos.Offset
	}
	msg = binary.BigEndian.AppendUint64(msg, f.pos.Epoch)
	c.mu.Unlock()
	_ = cc.Send(ctx, binary.BigEndian.AppendUint64(msg, n))
}

func (c *client) leave(ctx context.Context, cc *conn.Conn, room byte, draw func(int) int) {
	c.mu.Lock()
	f := c.rooms[room]
	ok := f.state == in && c.here == cc
	if ok {
		f.state = leaving
	}
	c.mu.Unlock()
	if ok {
		_ = cc.Send(ctx, []byte{"lq"[draw(2)], room})
	}
}

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
