package main

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
)

// grace is how long a session may take to end after its life. It is longer than
// onItsWay.
func grace(pace time.Duration) time.Duration { return max(60*pace, 2*time.Minute) }

// played is the client's end of a session.
type played struct {
	*seat
	*record
	plan plan
	c    *conn.Conn
	told chan struct{} // closed when its state was told to be Closed
	ends atomic.Int32  // how often it was

	enough context.Context // ends when it is to leave, or the session is over

	// of a room's member
	place    int    // of the room's order in the books
	position uint64 // of the next value, 0 before the member knows
}

// play plays a session from its dial to its end, and closes this end's books.
func (p *played) play(ctx context.Context) {
	p.kind.Store(uint32(p.plan.Kind))
	p.due.Store(time.Now().Add(p.plan.Life + grace(p.Pace)).UnixNano())
	if p.c = p.dial(ctx); p.c == nil {
		p.clientLeft(never)
		return
	}
	p.books.begun.Add(1)
	p.live(ctx)
	_ = p.c.Close() // what came of it is what Err says
	err := p.c.Err()
	st := p.c.Stats()
	p.books.replayed.Add(st.Replayed)
	p.once(err)
	p.fault(p.record, report(&p.up, err))
	how := endingOf(err)
	if how == broken {
		p.fault(p.record, err)
	}
	p.clientLeft(how)
}

// once checks that the end is told, and once.
func (p *played) once(err error) {
	select {
	case <-p.told:
	case <-time.After(grace(p.Pace)):
	}
	if n := p.ends.Load(); n != 1 {
		p.up.Wrong()
		p.fault(p.record, fmt.Errorf("the end was told %d times: %w", n, err))
	}
}

// dial begins the session, on one of the ways to one of the servers; it may go on
// on the others. It returns nil if it could not.
func (p *played) dial(ctx context.Context) *conn.Conn {
	target := p.rng.IntN(len(p.Targets))
	if p.rng.IntN(2) == 0 {
		target = 0
	}
	var ways []address
	for _, way := range p.Targets[target] {
		if way.Push == (p.plan.Kind == idle) {
			ways = append(ways, way)
		}
	}
	p.rng.Shuffle(len(ways), func(i, j int) { ways[i], ways[j] = ways[j], ways[i] })
	cfg := p.config()
	cfg.OnState = func(s conn.State) {
		switch s.Phase {
		case conn.Resumed:
			p.books.resumed.Add(1)
		case conn.Closed:
			if p.ends.Add(1) == 1 {
				close(p.told)
			}
		}
	}
	for _, over := range stage.Transports {
		over.Client(&cfg)
	}
	cfg.TLS.ServerName = "localhost"
	first := stage.Over(ways[0].Over).Target(ways[0].At)
	for _, way := range ways[1 : 1+p.rng.IntN(len(ways))] {
		cfg.Targets = append(cfg.Targets, stage.Over(way.Over).Target(way.At))
	}
	ctx, cancel := context.WithTimeout(ctx, 10*p.Pace)
	defer cancel()
	c, err := conn.Dial(ctx, first, &cfg)
	if err != nil {
		return nil
	}
	return c
}

// live does what the plan says, until the session is over or it leaves.
func (p *played) live(ctx context.Context) {
	if err := p.c.Send(ctx, p.plan.message()); err != nil {
		return
	}
	enough, stop := context.WithTimeout(ctx, p.plan.Life)
	p.enough = enough
	defer stop()
	var sender, watch sync.WaitGroup
	defer watch.Wait()
	defer sender.Wait()
	defer stop()
	watch.Go(func() { p.calmly(enough, stop) })
	rng := rand.New(rand.NewPCG(p.Seed+1, p.plan.ID))
	sender.Go(func() { p.send(ctx, enough, rng) })
	if p.plan.Kind == idle || p.plan.Leave != inOrder {
		p.receive(ctx, enough)
		sender.Wait()
		p.leave(ctx)
		return
	}
	p.receive(ctx, ctx)
	stop()
}

// calmly ends the sending when all is to become calm, or when the session is over.
func (p *played) calmly(enough context.Context, stop context.CancelFunc) {
	tick := time.NewTicker(p.Pace / 4)
	defer tick.Stop()
	for !p.books.calm.Load() {
		select {
		case <-tick.C:
		case <-p.c.Done():
			stop()
		case <-enough.Done():
			return
		}
	}
	stop()
}

// leave ends the session in its own way.
func (p *played) leave(ctx context.Context) {
	switch p.plan.Leave {
	case fromAside:
		p.down.Loosen() // the message in hand may count as consumed
		go p.c.Close()
		p.receive(ctx, ctx)
	case byClose:
		p.down.Ask()
		_ = p.c.Close()
	case byShutdown:
		p.down.Ask()
		ctx, cancel := context.WithTimeout(ctx, time.Duration(p.rng.IntN(int(p.Pace))))
		defer cancel()
		_ = p.c.Shutdown(ctx, 1000, "enough")
	default:
		p.down.Ask()
		ctx, cancel := context.WithTimeout(ctx, 10*p.Pace)
		defer cancel()
		_ = p.c.Shutdown(ctx, conn.CodeNormal, "")
	}
}
