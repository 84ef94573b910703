package main

import (
	"container/heap"
	"context"
	"sync"
	"time"
)

// A pacer wakes clients when their messages are due. All share one alarm, which
// is closer to the time than the timers of the runtime: those may be a
// millisecond late in a program that is otherwise idle, ten times what a round
// trip takes.
type pacer struct {
	alarm alarm
	gone  chan struct{} // closed when run has returned

	mu      sync.Mutex // covers all below, and setting the alarm, which does not wait
	waiting wakes
}

// A wake is somebody who waits. One who has given up stays until its time.
type wake struct {
	at  time.Time
	now chan struct{} // closed when it is
}

func newPacer() (*pacer, error) {
	a, err := newAlarm()
	if err != nil {
		return nil, err
	}
	p := &pacer{alarm: a, gone: make(chan struct{})}
	go p.run()
	return p, nil
}

// wait returns true at the given time, and false if ctx ends before.
func (p *pacer) wait(ctx context.Context, at time.Time) bool {
	if !at.After(time.Now()) {
		return ctx.Err() == nil
	}
	w := &wake{at, make(chan struct{})}
	p.mu.Lock()
	heap.Push(&p.waiting, w)
	if p.waiting[0] == w {
		p.alarm.set(time.Until(at))
	}
	p.mu.Unlock()
	select {
	case <-w.now:
		return true
	case <-ctx.Done():
		return false
	}
}

// run wakes those whose time has come, until close.
func (p *pacer) run() {
	defer close(p.gone)
	for p.alarm.wait() {
		p.mu.Lock()
		now := time.Now()
		for len(p.waiting) > 0 && !p.waiting[0].at.After(now) {
			close(heap.Pop(&p.waiting).(*wake).now)
		}
		if len(p.waiting) > 0 {
			p.alarm.set(p.waiting[0].at.Sub(now))
		}
		p.mu.Unlock()
	}
}

// close ends run. Nobody who waits is woken any more.
func (p *pacer) close() {
	p.alarm.close()
	<-p.gone
}

// wakes is a heap, the earliest first.
type wakes []*wake

func (w wakes) Len() int           { return len(w) }
func (w wakes) Less(i, j int) bool { return w[i].at.Before(w[j].at) }
func (w wakes) Swap(i, j int)      { w[i], w[j] = w[j], w[i] }
func (w *wakes) Push(x any)        { *w = append(*w, x.(*wake)) }

func (w *wakes) Pop() any {
	last := (*w)[len(*w)-1]
	(*w)[len(*w)-1] = nil
	*w = (*w)[:len(*w)-1]
	return last
}
