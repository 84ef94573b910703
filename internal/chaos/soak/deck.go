package main

import (
	"context"
	"math/rand/v2"
	"os"
	"time"

	fault "github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// A card is a fault. Its play undoes it before it returns, if it can be undone.
type card struct {
	name   string
	copies int
	heavy  bool // it concerns a whole process
	play   func(r *run, ctx context.Context, d draws)
}

// draws is what a fault's details are drawn from.
type draws struct {
	*rand.Rand
	pace time.Duration
}

// span is how long a fault lasts: up to some times the pace, more often short.
func (d draws) span() time.Duration {
	u := d.Float64()
	return time.Duration((0.1 + 3.4*u*u) * float64(d.pace))
}

// cards are all faults. They are dealt like a deck: all once, then all again in
// another order.
var cards = []card{
	{"RST", 6, false, onLink(func(l *fault.Link, d draws) { l.Cut(fault.RST) })},
	{"FIN", 6, false, onLink(func(l *fault.Link, d draws) { l.Cut(fault.FIN) })},
	{"RST at a byte", 3, false, onLink(func(l *fault.Link, d draws) { l.CutAfter(drawWay(d.Rand), d.Int64N(5000), fault.RST) })},
	{"FIN at a byte", 3, false, onLink(func(l *fault.Link, d draws) { l.CutAfter(drawWay(d.Rand), d.Int64N(5000), fault.FIN) })},
	{"half of a link ends", 2, false, onLink(func(l *fault.Link, d draws) { l.Truncate(fault.Direction(1+d.IntN(2)), d.Int64N(5000)) })},
	{"all links of a proxy cut", 3, false, onWay(func(w *way, d draws) { w.Cut(fault.Ending(d.IntN(2))) })},
	{"black hole, both ways", 2, false, onWay(func(w *way, d draws) { w.Stall(fault.Both) })},
	{"black hole to the server", 2, false, onWay(func(w *way, d draws) { w.Stall(fault.ToServer) })},
	{"black hole to the client", 2, false, onWay(func(w *way, d draws) { w.Stall(fault.ToClient) })},
	{"delay", 3, false, onWay(func(w *way, d draws) {
		t := time.Duration(d.Float64() * float64(min(d.pace/4, 300*time.Millisecond)))
		w.SetDelay(drawWay(d.Rand), t, t/2)
	})},
	{"little bandwidth", 2, false, onWay(func(w *way, d draws) { w.SetBandwidth(drawWay(d.Rand), 10_000+d.IntN(100_000)) })},
	{"slices of one byte", 2, false, onWay(func(w *way, d draws) { w.SetSlice(drawWay(d.Rand), 1) })},
	{"coalescing", 1, false, onWay(func(w *way, d draws) { w.SetCoalesce(drawWay(d.Rand), 100*time.Millisecond) })},
	{"dials refused", 2, false, onWay(func(w *way, d draws) { _ = w.SetMode(fault.Refuse) })},
	{"dials reset", 2, false, onWay(func(w *way, d draws) { _ = w.SetMode(fault.Reset) })},
	{"dials not answered", 2, false, onWay(func(w *way, d draws) { _ = w.SetMode(fault.Silent) })},
	{"proxy down", 2, false, onWay(func(w *way, d draws) { _ = w.Pause() })},

	{"server stopped", 1, true, func(r *run, ctx context.Context, d draws) { r.stop(ctx, r.servers[d.IntN(2)], d) }},
	{"clients stopped", 1, true, func(r *run, ctx context.Context, d draws) { r.stop(ctx, r.clients[d.IntN(len(r.clients))], d) }},
	{"server drained", 1, true, func(r *run, ctx context.Context, d draws) { r.drain(ctx, r.servers[d.IntN(2)]) }},
	{"server killed", 1, true, func(r *run, ctx context.Context, d draws) { r.kill(ctx, r.servers[1]) }},
	{"clients killed", 1, true, func(r *run, ctx context.Context, d draws) { r.kill(ctx, r.clients[len(r.clients)-1]) }},
}

// onLink is a fault of one link, for good.
func onLink(do func(*fault.Link, draws)) func(*run, context.Context, draws) {
	return func(r *run, _ context.Context, d draws) {
		if links := r.ways[d.IntN(len(r.ways))].Links(); len(links) > 0 {
			do(links[d.IntN(len(links))], d)
		}
	}
}

// onWay is a fault of all links of a proxy, for a while.
func onWay(do func(*way, draws)) func(*run, context.Context, draws) {
	return func(r *run, ctx context.Context, d draws) {
		w := r.ways[d.IntN(len(r.ways))]
		do(w, d)
		sleep(ctx, d.span())
		r.broken(w.clear())
	}
}

// deal returns the cards of one deck, shuffled.
func deal(rng *rand.Rand) (deck []*card) {
	for i := range cards {
		for range cards[i].copies {
			deck = append(deck, &cards[i])
		}
	}
	rng.Shuffle(len(deck), func(i, j int) { deck[i], deck[j] = deck[j], deck[i] })
	return deck
}

// stop stops a process for a while.
func (r *run) stop(ctx context.Context, p *process, d draws) {
	p.exclusively(ctx, func() {
		var process *os.Process
		if process, _ = p.process(); process == nil || freeze(process) != nil {
			return
		}
		sleep(ctx, d.span()*2/3)
		_ = thaw(process) // it has not ended: nobody else kills it now
	})
}

// drain has a server end its term in good order and begin another.
func (r *run) drain(ctx context.Context, p *process) {
	p.exclusively(ctx, func() {
		r.nextTerm(p)
		p.tell(command{Do: "drain", Life: p.set.Life, Place: p.set.Place})
		r.await(p)
	})
}

// kill ends a process as kill -9 does, and begins another life of it.
func (r *run) kill(ctx context.Context, p *process) {
	p.exclusively(ctx, func() {
		p.kill()
		r.auditor.gone(p.set.Life, true)
		r.auditor.sweep(p.set.From, p.set.To)
		if err := r.start(p); err != nil {
			r.auditor.finding("%s does not start again: %v", p.name, err)
		}
	})
}
