package hub

import (
	"math"
	"runtime/debug"
	"runtime/pprof"

	"github.com/longsplice/longsplice/internal/room"
)

// inline is how many members a room may have for whoever publishes to serve
// them. With more, a goroutine does it: publishing does not take as long as the
// fan-out, and what is published meanwhile is merged.
const inline = 4

// turns is how many steps whoever publishes carries out. A goroutine does the
// rest, because others may keep publishing for ever.
const turns = 16

// A pump is the memory of one that runs.
type pump[T any] struct {
	step  room.Step[T, *Sub[T]]
	parts []T
	hub   *Hub[T]
	room  *live[T]
	value T
	at    int
	cause *PanicError
	ended bool   // an Offer has ended the goroutine
	call  func() // offers the step, made once
}

// pump serves members until there is nothing left to offer, or until it has
// taken a number of steps and hands over to a goroutine. One runs at a time in a
// room.
func (r *live[T]) pump(steps int) {
	p, _ := r.hub.pumps.Get().(*pump[T])
	if p == nil {
		p = new(pump[T])
		p.call = p.offerStep
	}
	p.hub, p.room = r.hub, r
	p.run(steps, false)
}

// run is pump; begun, it goes on with a step that was begun.
func (p *pump[T]) run(steps int, begun bool) {
	r := p.room
	defer p.release()
	r.mu.Lock()
	for ; begun || !r.gone && r.core.Step(&p.step, r.hub.clock()); steps-- {
		begun = false
		r.mu.Unlock()
		p.offer()
		r.mu.Lock()
		p.leaveLocked()
		r.core.Settle(&p.step, r.hub.clock())
		r.signalLocked()
		if steps == 1 && !r.gone {
			r.hub.tasks.Add(1)
			r.mu.Unlock()
			go r.pumpOn()
			return
		}
	}
	r.pumping = false
	r.signalLocked() // nothing is clogged now, even if nobody was left to serve
	var none T
	r.shared = none
	r.unlock()
}

// pumpOn is a pump with a goroutine of its own, which tasks has counted.
func (r *live[T]) pumpOn() {
	pprof.SetGoroutineLabels(pumpLabel)
	defer r.hub.tasks.Done()
	r.pump(math.MaxInt)
}

// release frees the pump, or has another goroutine carry on where an Offer has
// ended this one: runtime.Goexit, as a test's FailNow calls it, cannot be stopped.
func (p *pump[T]) release() {
	if !p.ended {
		p.free()
		return
	}
	p.ended = false
	r := p.room
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.gone {
		p.free()
		return
	}
	r.hub.tasks.Add(1)
	go func() {
		pprof.SetGoroutineLabels(pumpLabel)
		defer r.hub.tasks.Done()
		p.panicked()
		p.run(math.MaxInt, true)
	}()
}

// leaveLocked ends the memberships of those who want nothing any more.
func (p *pump[T]) leaveLocked() {
	for i, v := range p.step.Answers {
		if v == room.Gone {
			s := p.step.Members[i].Handle
			s.left.Store(true)
			p.room.leaveLocked(s, nil)
		}
	}
}

func (p *pump[T]) free() {
	h := p.hub
	p.step.Clear()
	clear(p.parts)
	var none T
	p.parts, p.value, p.room, p.hub, p.cause = p.parts[:0], none, nil, nil, nil
	h.pumps.Put(p)
}

// offer makes the step's value and offers it.
func (p *pump[T]) offer() {
	p.at = -1
	for p.at < len(p.step.Members) {
		within(p.call)
		if p.cause != nil {
			p.panicked()
		}
	}
}

// offerStep makes the value, if p.at is below 0, and offers it to the members
// from p.at on.
func (p *pump[T]) offerStep() {
	returned := false
	defer func() {
		switch v := recover(); {
		case v != nil:
			p.cause = &PanicError{Value: v, Stack: debug.Stack()}
		case !returned:
			p.cause = &PanicError{Value: "runtime.Goexit", Stack: debug.Stack()}
			p.ended = true
		}
	}()
	if p.at < 0 {
		if p.make(); p.cause != nil {
			returned = true
			return
		}
	}
	for ; p.at < len(p.step.Members); p.at++ {
		s := p.step.Members[p.at].Handle
		if s.left.Load() {
			continue
		}
		p.step.Answers[p.at] = room.Verdict(min(s.member.Offer(s, p.value), Gone))
	}
	returned = true
}

func (p *pump[T]) make() {
	switch {
	case !p.step.Same:
		p.value = p.merge()
		if !p.step.Alone() {
			p.room.shared, p.room.spoilt = p.value, nil
		}
	case p.room.spoilt != nil:
		p.cause = p.room.spoilt
		return
	default:
		p.value = p.room.shared
	}
	p.at = 0
}

// panicked ends the membership of the member at p.at, and goes on behind it; or
// of all members of the step, if there is no value to offer them.
func (p *pump[T]) panicked() {
	cause, members := p.cause, p.step.Members
	p.cause = nil
	if p.at < 0 {
		if !p.step.Alone() {
			p.room.spoilt = cause
		}
		p.at = len(members)
	} else {
		members = members[p.at : p.at+1]
		p.at++
	}
	for _, m := range members {
		if m.Handle.leave(cause) {
			m.Handle.tell(cause)
		}
	}
}

// merge makes one value of the step's items.
func (p *pump[T]) merge() T {
	p.parts = p.parts[:0]
	for i := range p.step.Items {
		p.parts = append(p.parts, p.hub.render(p.room.name, &p.step.Items[i]))
	}
	if len(p.parts) == 1 {
		return p.parts[0]
	}
	return p.hub.cfg.Merge(p.parts...)
}
