package main

import (
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"sync"
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
	// settled reports whether all has arrived, after nobody says any more.
	settled() bool
	// abandon takes note that a session was lost.
	abandon()
	// lost is how many messages have not come, in the end.
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

	mu   sync.Mutex // covers all below: states of two sessions may overlap
	up   bool
	ever bool
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
	return c
}

// run lives from the client's place in the ramp until all has arrived.
func (cl *client) run(ctx context.Context) {
	defer cl.hush()
	if !cl.sleepUntil(cl.talking, cl.born) {
		return
	}
	cfg := cl.connConfig()
	cfg.OnState = cl.state
	cl.party.config(cfg)
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
	if err := cl.party.begin(ctx, c); err != nil {
		return cl.ended(err)
	}
	talk, stop := context.WithCancel(ctx)
	defer stop()
	defer context.AfterFunc(cl.talking, stop)()
	var talker sync.WaitGroup
	talker.Go(func() {
		cl.talk(talk, c)
		if cl.talking.Err() != nil {
			cl.hush()
		}
	})
	err := cl.listen(ctx, c)
	stop()
	talker.Wait()
	return cl.ended(err)
}

// listen takes what comes until nobody says any more and all of it is here. It
// gives up when the time for that is over.
func (cl *client) listen(ctx context.Context, c *conn.Conn) error {
	quiet, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(cl.allQuiet, cancel)()
	for {
		msg, err := c.Receive(quiet)
		if quiet.Err() != nil && errors.Is(err, context.Canceled) {
			break
		}
		if err != nil {
			return err
		}
		cl.hear(msg)
	}
	settle, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(cl.drained, cancel)()
	for !cl.party.settled() {
		msg, err := c.Receive(settle)
		if settle.Err() != nil && errors.Is(err, context.Canceled) {
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

// state follows the link.
func (cl *client) state(s conn.State) {
	cl.mu.Lock()
	defer cl.mu.Unlock()
	now := cl.now()
	switch s.Phase {
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
		if !cl.up {
			cl.counts.errors.add("connecting: " + s.Cause.String())
		} else {
			cl.counts.linksLost.Add(1)
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
