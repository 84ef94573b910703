package main

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/longsplice/longsplice/conn"
)

// A party is a client's side of the work, over all of its sessions.
type party interface {
	// config sets what is the party's own.
	config(cfg *conn.Config)
	// begin is called with each session, before anything else.
	begin(ctx context.Context, c *conn.Conn) error
	// rooms are where it talks, once they are full.
	rooms() []*room
	// say makes the next message, and returns the stream that it belongs to. It
	// is called by one goroutine, hear by another.
	say(st stamp) (*stream, []byte)
	// hear takes what has come. It reports whether it was the answer to the
	// party's own newest message.
	hear(msg []byte, now time.Duration) (answer bool)
	// answered reports whether all that it has said has come back to it.
	answered() bool
	// abandon takes note that a session was lost.
	abandon()
	// lost is how many messages have not come and should have.
	lost() uint64
}

// A client keeps one session after another, and talks in it.
type client struct {
	*load
	index    int
	party    party
	random   *rand.Rand // the sender's
	schedule *schedule  // the sender's; nil before it is ready
	answered chan struct{}
	quiet    chan struct{} // closed when it says nothing more
	hush     func()
	arrive   func()      // in its rooms, or it never will
	serving  atomic.Bool // there is a session

	mu   sync.Mutex // covers all below: states of two sessions may overlap
	up   bool
	ever bool
	hit  bool          // by a cut, since the present attempt began
	down time.Duration // since when, if it is not up and has been
	born time.Duration // when it was to connect
}

func newClient(l *load, index int, p party) *client {
	c := &client{
		load: l, index: index, party: p, random: rand.New(rand.NewPCG(l.seed, uint64(index)+1)),
		answered: make(chan struct{}, 1), quiet: make(chan struct{}),
		born: time.Duration(float64(l.ramp) * float64(index) / float64(l.clients)),
	}
	c.hush = sync.OnceFunc(func() { close(c.quiet) })
	c.arrive = sync.OnceFunc(l.here.enter)
	return c
}

// run lives from the client's place in the ramp until all has arrived.
func (cl *client) run(ctx context.Context) {
	defer cl.hush()
	defer cl.arrive()
	if !cl.sleepUntil(cl.over, cl.born) {
		return
	}
	cfg := cl.connConfig(cl.struck)
	cfg.OnState = cl.state
	cl.party.config(cfg)
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	// Where there is no session in the end, there is none to close in good order.
	defer context.AfterFunc(cl.drained, func() {
		if !cl.serving.Load() {
			cancel()
		}
	})()
	err := conn.Run(ctx, cl.target, conn.HandlerFunc(cl.serve), cfg)
	if err != nil && ctx.Err() == nil {
		cl.failed(err)
	}
	if cl.schedule != nil {
		cl.unsent()
	}
}

// serve is called with each session.
func (cl *client) serve(ctx context.Context, c *conn.Conn) error {
	cl.serving.Store(true)
	defer cl.serving.Store(false)
	if err := cl.party.begin(ctx, c); err != nil {
		return cl.ended(err)
	}
	talk, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(cl.drained, stop)()
	said, done := context.WithCancel(ctx)
	defer done()
	var talker sync.WaitGroup
	talker.Go(func() {
		if cl.talk(talk, c) {
			done()
		}
	})
	err := cl.listen(ctx, c, said)
	stop()
	talker.Wait()
	return cl.ended(err)
}

// listen takes what comes until nobody says any more and all of it is here, or
// the time for that is over. What its own party has said is answered before it
// counts as quiet: only then is it known to all what is not to arrive.
func (cl *client) listen(ctx context.Context, c *conn.Conn, said context.Context) error {
	err := cl.hearUntil(ctx, c, said, nil)
	if err == nil {
		err = cl.hearUntil(ctx, c, cl.drained, cl.party.answered)
	}
	if err != nil {
		return err
	}
	cl.hush()
	if err = cl.hearUntil(ctx, c, cl.allQuiet, nil); err != nil {
		return err
	}
	return cl.hearUntil(ctx, c, cl.drained, func() bool { return cl.party.lost() == 0 })
}

// hearUntil takes what comes until a context ends or done returns true.
func (cl *client) hearUntil(ctx context.Context, c *conn.Conn, until context.Context, done func() bool) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(until, cancel)()
	for done == nil || !done() {
		msg, err := c.Receive(ctx)
		if until.Err() != nil && errors.Is(err, context.Canceled) {
			return nil
		}
		if err != nil {
			return err
		}
		cl.hear(msg)
	}
	return nil
}

func (cl *client) hear(msg []byte) {
	if !cl.party.hear(msg, cl.now()) {
		return
	}
	select {
	case cl.answered <- struct{}{}:
	default:
	}
}

// ended takes note of how a session has ended, and returns the error on which
// conn.Run decides whether there is to be another.
func (cl *client) ended(err error) error {
	if errors.Is(err, io.EOF) {
		err = errors.New("closed by the server")
	}
	if err == nil || cl.drained.Err() != nil {
		return nil
	}
	if lost := new(conn.LostError); errors.As(err, &lost) {
		cl.counts.faults.sessionsLost.Add(1)
		cl.counts.errors.add("session lost: " + string(lost.Reason))
	} else {
		cl.failed(err)
	}
	cl.party.abandon()
	return err
}

// failed counts an error by what it has in common with others.
func (cl *client) failed(err error) {
	var closed *conn.CloseError
	var refused *conn.RefusedError
	switch {
	case errors.As(err, &closed):
		cl.counts.errors.add("session closed by the server: " + closed.Code.String() + " " + closed.Reason)
	case errors.As(err, &refused):
		cl.counts.errors.add("refused: " + refused.Code.String())
	default:
		cl.counts.errors.add(err.Error())
	}
}

// struck takes note of a cut.
func (cl *client) struck() {
	cl.counts.cuts.Add(1)
	cl.mu.Lock()
	defer cl.mu.Unlock()
	cl.hit = true
}

// state follows the link.
func (cl *client) state(s conn.State) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	now := cl.now()
	switch s.Phase {
	case conn.Connecting:
		cl.hit = false
	case conn.Connected:
		if !cl.ever {
			cl.connects.record(now - cl.born)
			cl.counts.everUp.Add(1)
		}
	case conn.Resumed:
		cl.counts.resumed.Add(1)
		cl.counts.replayed.Add(uint64(s.Replayed))
		cl.resumes.record(now - cl.down)
	case conn.Reconnecting:
		switch {
		case cl.up:
			cl.counts.linksLost.Add(1)
		case !cl.hit:
			cl.counts.errors.add("connecting: " + s.Cause.String())
		}
	}
	up := s.Phase == conn.Connected || s.Phase == conn.Resumed
	switch {
	case up && !cl.up:
		cl.counts.connected.Add(1)
		cl.up, cl.ever = true, true
	case cl.up && (s.Phase == conn.Reconnecting || s.Phase == conn.Closed):
		cl.counts.connected.Add(-1)
		cl.up, cl.down = false, now
	}
}
