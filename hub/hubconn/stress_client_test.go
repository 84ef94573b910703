package hubconn_test

import (
	"context"
	"encoding/binary"
	"fmt"
	"sync"
	"time"

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
