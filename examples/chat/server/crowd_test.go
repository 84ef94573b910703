package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/examples/chat/protocol"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/reconnect"
)

// The crowd of TestACrowd.
const (
	crowdClients = 300
	crowdRooms   = 20
	crowdSlow    = 6  // do not read until all others have finished
	crowdSteps   = 8  // of each of the others
	crowdCut     = 15 // steps of anybody from one cut to the next
)

var crowdSeed = flag.Uint64("seed", 0, "draw what the crowd does from this; 0 means at random")

// A track is what a client has seen of a room.
type track struct {
	joined bool
	pos    hub.Position  // of the next line
	asked  *hub.Position // with join, until it is certain that nothing is missing from there on
	lines  map[uint64]string
}

// One is one of the crowd. Its goroutine is that of the session's handler.
type one struct {
	crowd *crowd
	login
	rng   *rand.Rand
	slow  bool
	steps int
	said  string // the mark of what is awaited

	mu     sync.Mutex // covers all below
	tracks map[string]*track
	told   map[string]bool // marks of own private lines that have come back
	wrong  []string
}

type crowd struct {
	steps   atomic.Int64
	cut     func()
	done    sync.WaitGroup
	gaps    atomic.Int64
	begun   atomic.Int64 // sessions
	release chan struct{}
}

func (o *one) complain(format string, args ...any) {
	o.wrong = append(o.wrong, fmt.Sprintf(format, args...))
}

// ServeConn is a session, the first or one that replaces a lost one.
func (o *one) ServeConn(ctx context.Context, c *conn.Conn) error {
	o.crowd.begun.Add(1)
	for raw, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		var m protocol.Message
		if err := json.Unmarshal(raw, &m); err != nil {
			return err
		}
		for _, answer := range o.take(m) {
			b, _ := json.Marshal(answer)
			if err := c.Send(ctx, b); err != nil {
				return err
			}
		}
		if o.slow {
			select {
			case <-o.crowd.release:
			case <-ctx.Done():
			}
		}
	}
	return nil
}

// take looks at what has come, and says what the client does next.
func (o *one) take(m protocol.Message) []protocol.Message {
	o.mu.Lock()
	defer o.mu.Unlock()
	switch m.Op {
	case protocol.Welcome:
		o.welcomed(m)
		return o.begin()
	case protocol.Joined:
		tr := o.tracks[m.Room]
		tr.joined, tr.pos = true, *m.Next
		if tr.asked != nil && *tr.asked == tr.pos {
			tr.asked = nil
		}
	case protocol.Gap:
		o.crowd.gaps.Add(1)
		tr := o.tracks[m.Room]
		if *m.From != tr.pos && (tr.asked == nil || *m.From != *tr.asked) {
			o.complain("gap from %v in %s, expected at %v", m.From, m.Room, tr.pos)
		}
		tr.asked, tr.pos = nil, *m.Next
	case protocol.Left:
		o.tracks[m.Room].joined = false
	case protocol.Line:
		o.line(m)
	case protocol.Failed:
		o.complain("failed: %s %s", m.Code, m.Text)
	default:
		return nil
	}
	if o.said != "" && (m.ID == o.said || o.said == string(m.Op)+" "+m.Room) {
		return o.step()
	}
	return nil
}

func (o *one) line(m protocol.Message) {
	tr := o.tracks[m.Room]
	switch {
	case tr == nil || !tr.joined:
		o.complain("line in %s, which is not joined", m.Room)
		return
	case tr.asked != nil:
		o.complain("line at %v in %s, asked for %v, and no gap was told", tr.pos, m.Room, tr.asked)
	}
	if before, twice := tr.lines[tr.pos.Offset]; twice && before != m.Text {
		o.complain("at %v in %s first %q and then %q", tr.pos, m.Room, before, m.Text)
	}
	tr.lines[tr.pos.Offset] = m.Text
	tr.pos.Offset++
	if owner, private := strings.CutPrefix(m.Room, "user:"); private {
		if owner != o.show.Name || m.To != owner && m.Name != owner {
			o.complain("a line of %s to %s in the mailbox of %s", m.Name, m.To, owner)
		}
		o.told[m.ID] = true
	}
}

// begin joins what the client was in, and goes on.
func (o *one) begin() (out []protocol.Message) {
	if len(o.tracks) == 0 {
		o.tracks[protocol.Mailbox(o.show.Name)] = &track{joined: true, lines: map[uint64]string{}}
		rooms := o.rng.Perm(crowdRooms)[:2]
		if o.slow {
			rooms = o.rng.Perm(crowdRooms)
		}
		for _, room := range rooms {
			o.tracks[fmt.Sprint("room", room)] = &track{joined: true, lines: map[uint64]string{}}
		}
	}
	for room, tr := range o.tracks {
		if tr.joined {
			out = append(out, o.join(room, tr))
		}
	}
	return append(out, o.step()...)
}

func (o *one) join(room string, tr *track) protocol.Message {
	if tr.pos.Epoch == 0 {
		return protocol.Message{Op: protocol.Join, Room: room}
	}
	from := tr.pos
	tr.asked = &from
	return protocol.Message{Op: protocol.Join, Room: room, From: &from}
}

// step does something at random, which is over when something comes back.
func (o *one) step() []protocol.Message {
	if o.steps == crowdSteps || o.slow {
		if o.said != "" || o.slow && o.steps == 0 {
			o.said, o.steps = "", crowdSteps
			o.crowd.done.Done()
		}
		return nil
	}
	o.steps++
	if n := o.crowd.steps.Add(1); n%crowdCut == 0 {
		o.crowd.cut()
	}
	room := fmt.Sprint("room", o.rng.IntN(crowdRooms))
	tr := o.tracks[room]
	switch n := o.rng.IntN(10); {
	case n < 2: // a private line
		o.said = fmt.Sprintf("%s tells %d", o.show.Name, o.steps)
		to := fmt.Sprint("user", crowdSlow+o.rng.IntN(crowdClients-crowdSlow))
		return []protocol.Message{{Op: protocol.Tell, To: to, Text: o.said, ID: o.said}}
	case tr == nil:
		tr = &track{lines: map[uint64]string{}}
		o.tracks[room] = tr
		fallthrough
	case !tr.joined:
		o.said = "joined " + room
		return []protocol.Message{o.join(room, tr)}
	case n < 3:
		o.said = "left " + room
		return []protocol.Message{{Op: protocol.Leave, Room: room}}
	}
	o.said = fmt.Sprintf("%s says %d", o.show.Name, o.steps)
	text := o.said + strings.Repeat(".", o.rng.IntN(1000))
	return []protocol.Message{{Op: protocol.Say, Room: room, Text: text, ID: o.said}}
}

// TestACrowd: all see the same lines of a room in the same order, whatever
// happens to their links; what somebody misses is told; and private lines reach
// whom they are for and nobody else.
func TestACrowd(t *testing.T) {
	seed := *crowdSeed
	if seed == 0 {
		seed = rand.Uint64()
	}
	t.Logf("-seed=%d draws the same steps and cuts again", seed)
	rng := rand.New(rand.NewPCG(seed, 0))
	s := startServer(t, "-memory-lines", "32", "-max-rooms", "100", "-send-buffer", "16384")
	for i := range crowdClients { // private lines go to those who have been there
		name := fmt.Sprint("user", i)
		require.NoError(t, s.keep(t.Context(), claimOf(name)))
	}

	var proxies []*faultproxy.Proxy
	targets := []func(addr string) string{
		func(addr string) string { return "tcp://" + addr },
		func(addr string) string { return "tls://" + addr },
		func(addr string) string { return "ws://" + addr + "/chat" },
	}
	for _, name := range []string{"tcp", "tls", "http"} {
		p, err := faultproxy.Listen(s.addrs[name].String(), nil)
		require.NoError(t, err)
		defer p.Close()
		proxies = append(proxies, p)
	}
	var cutting sync.Mutex
	cuts := 0
	cr := &crowd{release: make(chan struct{}), cut: func() {
		cutting.Lock()
		defer cutting.Unlock()
		links := proxies[rng.IntN(len(proxies))].Links()
		if len(links) > 0 && links[rng.IntN(len(links))].Cut(faultproxy.Ending(rng.IntN(2))) {
			cuts++
		}
	}}

	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	var running sync.WaitGroup
	all := make([]*one, crowdClients)
	for i := range all {
		name := fmt.Sprint("user", i)
		token, err := s.key.Issue(name, claimOf(name).Owner, time.Hour)
		require.NoError(t, err)
		o := &one{
			crowd: cr, slow: i < crowdSlow, rng: rand.New(rand.NewPCG(seed, uint64(i+1))),
			tracks: map[string]*track{}, told: map[string]bool{},
		}
		o.show = protocol.Login{Name: name, Token: token}
		all[i] = o
		cfg := o.config()
		cfg.Retry = reconnect.Policy{InitialDelay: 20 * time.Millisecond, MaxDelay: 500 * time.Millisecond}
		cfg.Window = 16 << 10
		k := i % len(targets)
		target := targets[k](proxies[k].Addr().String())
		cr.done.Add(1)
		running.Go(func() {
			if err := conn.Run(ctx, target, o, cfg); ctx.Err() == nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
	finished := make(chan struct{})
	go func() { cr.done.Wait(); close(finished) }()
	select {
	case <-finished:
	case <-time.After(2 * time.Minute):
		for _, o := range all {
			o.mu.Lock()
			if o.steps < crowdSteps || o.said != "" {
				t.Errorf("%s waits for %q at step %d; %q", o.show.Name, o.said, o.steps, o.wrong)
			}
			o.mu.Unlock()
		}
		t.FailNow()
	}
	close(cr.release)
	require.Eventually(t, func() bool { return crowdIsAtTheEnd(t, s, all) }, time.Minute, 50*time.Millisecond)
	cancel()
	running.Wait()

	// The order is that of the store.
	order := map[string]map[uint64]string{}
	kept := func(room string) map[uint64]string {
		values, first, err := s.store.Before(room, 0, 1<<20)
		require.NoError(t, err)
		texts := map[uint64]string{}
		for i, v := range values {
			for raw := range v.All() {
				var line protocol.Message
				require.NoError(t, json.Unmarshal(raw, &line))
				texts[first+uint64(i)] = line.Text
			}
		}
		return texts
	}
	lines := 0
	for _, o := range all {
		require.Empty(t, o.wrong, o.show.Name)
		for room, tr := range o.tracks {
			if order[room] == nil {
				order[room] = kept(room)
			}
			for offset, text := range tr.lines {
				lines++
				require.Equal(t, order[room][offset], text, "%s at %d", room, offset)
			}
		}
	}
	told := 0
	for _, o := range all {
		for mark := range o.told {
			from, _, _ := strings.Cut(mark, " ")
			if from != o.show.Name {
				told++
				var n int
				_, err := fmt.Sscanf(from, "user%d", &n)
				require.NoError(t, err)
				require.True(t, all[n].told[mark], "%s was not told to the one who said it", mark)
			}
		}
	}
	stats := s.hub.Stats()
	t.Logf("%d lines seen, %d private ones, %d cuts, %d sessions of %d clients, %d gaps, %d busy",
		lines, told, cuts, cr.begun.Load(), crowdClients, cr.gaps.Load(), stats.Refused)
	require.Positive(t, stats.Refused, "nobody was ever too slow")
	require.GreaterOrEqual(t, cr.gaps.Load(), int64(crowdSlow), "who was too slow has missed nothing")
	require.Greater(t, cuts, crowdClients*crowdSteps/crowdCut/2)
	require.EqualValues(t, crowdClients, cr.begun.Load(), "sessions were lost")
	require.Greater(t, told, crowdClients/2)
}

// crowdIsAtTheEnd reports whether all have what the rooms have that they are in.
func crowdIsAtTheEnd(t *testing.T, s *server, all []*one) bool {
	ends := map[string]uint64{}
	for _, o := range all {
		o.mu.Lock()
		defer o.mu.Unlock()
		for room, tr := range o.tracks {
			if ends[room] == 0 {
				values, first, err := s.store.Before(room, 0, 1)
				require.NoError(t, err)
				ends[room] = first + uint64(len(values))
			}
			if tr.joined && (tr.pos.Offset != ends[room] || tr.asked != nil) {
				return false
			}
		}
	}
	return true
}
