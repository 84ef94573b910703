package main

import (
	"context"
	"maps"
	"math/rand/v2"
	"sync"
	"time"
)

// A mark is a fault that was dealt.
type mark struct {
	at    time.Time
	name  string
	heavy bool
}

// faultLog is what was done and how often.
type faultLog struct {
	mu     sync.Mutex // covers what follows
	marks  []mark
	counts map[string]int
}

func (l *faultLog) add(m mark) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.marks = append(l.marks, m)
	l.countLocked(m.name)
}

// count counts what is no fault.
func (l *faultLog) count(name string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.countLocked(name)
}

func (l *faultLog) countLocked(name string) {
	if l.counts == nil {
		l.counts = map[string]int{}
	}
	l.counts[name]++
}

func (l *faultLog) list() ([]mark, map[string]int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.marks[:len(l.marks):len(l.marks)], maps.Clone(l.counts)
}

// strike deals faults until ctx ends, and returns when all are undone.
func (r *run) strike(ctx context.Context) {
	var under sync.WaitGroup
	defer under.Wait()
	var deck []*card
	for n := uint64(0); sleep(ctx, time.Duration(r.rng.ExpFloat64()*float64(r.pace))); n++ {
		if len(deck) == 0 {
			deck = deal(r.rng)
		}
		c := deck[0]
		deck = deck[1:]
		r.struck.add(mark{time.Now(), c.name, c.heavy})
		d := draws{rand.New(rand.NewPCG(r.seed, 1+n)), r.pace}
		under.Go(func() { c.play(r, ctx, d) })
	}
}
