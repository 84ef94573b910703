package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/hub"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
)

// grace is how long a session may take to end after its life.
func grace(pace time.Duration) time.Duration { return max(60*pace, time.Minute) }

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
	life     uint64
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
	p.target.Store(uint32(target))
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

// send sends until it is enough, and then says so if that is how it leaves.
func (p *played) send(ctx, enough context.Context, rng *rand.Rand) {
	if p.plan.Up == 0 {
		<-enough.Done()
	}
	for p.plan.Up > 0 && pause(enough, rng, p.plan.Up) {
		if err := p.say(enough, rng); err != nil && !errors.Is(err, conn.ErrFull) && enough.Err() == nil && p.c.Err() != nil {
			break
		}
	}
	if p.plan.Leave == inOrder && p.plan.Kind != idle {
		if err := p.c.Send(ctx, []byte{tagEnd}); !documented(err) {
			p.fault(p.record, err)
		}
	}
}

// say sends something, in one of the ways that there are.
func (p *played) say(ctx context.Context, rng *rand.Rand) (err error) {
	switch rng.IntN(10) {
	case 0:
		err = p.flush(ctx, rng)
	case 1, 2:
		err = p.c.TrySend(tagged(tagMessage, p.up.Offer(size(rng))[0]))
		p.fault(p.record, p.up.Answer(err == nil))
	case 3:
		sizes := make([]int, 1+rng.IntN(8))
		for i := range sizes {
			sizes[i] = rng.IntN(400)
		}
		msgs := p.up.Offer(sizes...)
		for i := range msgs {
			msgs[i] = tagged(tagMessage, msgs[i])
		}
		var batch *conn.Batch
		if batch, err = conn.Encode(msgs...); err == nil {
			err = p.c.TrySendBatch(batch)
		}
		p.fault(p.record, p.up.Answer(err == nil))
	case 4:
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Duration(rng.IntN(int(p.Pace))))
		defer cancel()
		fallthrough
	default:
		err = p.c.Send(ctx, tagged(tagMessage, p.up.Offer(size(rng))[0]))
		p.fault(p.record, p.up.Answer(err == nil))
	}
	if !documented(err) {
		p.fault(p.record, err)
	}
	return err
}

// flush checks that Flush returns nil only for what was consumed.
func (p *played) flush(ctx context.Context, rng *rand.Rand) error {
	ctx, cancel := context.WithTimeout(ctx, time.Duration(rng.IntN(int(2*p.Pace))))
	defer cancel()
	n := p.up.Accepted()
	err := p.c.Flush(ctx)
	if err == nil {
		p.books.flushed.Add(1)
		p.fault(p.record, p.up.Acknowledged(n))
	}
	return err
}

// receive receives until the session is over, or it is enough.
func (p *played) receive(ctx, enough context.Context) {
	for enough.Err() == nil {
		if p.plan.Nap > 0 {
			sleep(p.enough, time.Duration(p.rng.ExpFloat64()*float64(p.plan.Nap)))
		}
		wait, cancel := context.WithTimeout(enough, p.Pace)
		p.down.Ask()
		msg, err := p.c.Receive(wait)
		p.down.Consume()
		cancel()
		switch {
		case err == nil:
			p.heard(msg)
		case !documented(err):
			p.fault(p.record, err)
			return
		case err == io.EOF, err != context.DeadlineExceeded && err != context.Canceled:
			return
		case ctx.Err() != nil:
			return
		}
	}
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

// heard takes a message into account.
func (p *played) heard(msg []byte) {
	if p.plan.Kind == member {
		p.heardInRoom(msg)
		return
	}
	if len(msg) == 0 || msg[0] != tagMessage {
		p.down.Wrong()
		p.fault(p.record, errStray)
		return
	}
	p.books.heard(msg[1:], p.plan.Nap > 0)
	p.fault(p.record, p.down.Deliver(msg[1:]))
}

// heardInRoom counts positions, and holds values against what others have seen
// there.
func (p *played) heardInRoom(msg []byte) {
	var what, life, from, next uint64
	if len(msg) == 0 {
		msg = []byte{0}
	}
	switch {
	case msg[0] == tagValue && p.position > 0:
		p.books.heard(msg[1:], p.plan.Nap > 0)
		p.books.agree(p.books.ring(uint32(p.life), p.plan.Room), p.position, msg[1:])
		p.position++
	case msg[0] == tagNotice && readNumbers(msg, &what, &life, &from, &next):
		switch hub.NoticeKind(what) {
		case hub.Joined:
			p.life, p.position = life, next
		case hub.Gap:
			p.books.gaps.Add(1)
			p.silent("a gap from", from)
			p.position = next
		}
	case msg[0] == tagBye && readNumbers(msg, &next):
		if p.position > 0 { // else it has left before it was told that it has joined
			p.silent("goodbye at", next)
		}
	default:
		p.books.room.wrong.Add(1)
		p.fault(p.record, errStray)
	}
}

// silent checks that the server says that the member is where it is.
func (p *played) silent(of string, position uint64) {
	switch {
	case position > p.position:
		p.books.room.lost.Add(position - p.position)
	case position < p.position:
		p.books.room.duplicated.Add(p.position - position)
	default:
		return
	}
	p.fault(p.record, fmt.Errorf("a member has counted to %d, and is told of %s %d", p.position, of, position))
}
