package main

import (
	"context"
	"errors"
	"math/rand/v2"
	"time"

	"github.com/longsplice/longsplice/conn"
)

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
