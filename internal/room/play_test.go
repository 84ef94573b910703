package room

import (
	"errors"
	"slices"
	"time"
)

// A source decides what happens next.
type source func(n int) int

// A play is a random schedule of events, carried out as an owner would.
type play struct {
	*world
	pick source
	step Step[int, *follower]
	open bool        // the step has been taken and not settled
	kept []Item[int] // of the last step of a sweep

	orderly bool // nothing happens that may harm members who keep up
	keys    bool
	steps   int
}

func newPlay(pick source) *play {
	p := &play{pick: pick}
	flip := func() bool { return pick(2) == 0 }
	cfg := Config{
		History: pick(9),
		Backlog: 1 + pick(12),
		Bytes:   40 + pick(200),
		Run:     pick(60),
		Tells:   flip(),
		Roster:  10,
		Policy:  Policy(pick(2)),
	}
	p.orderly, p.keys = pick(3) == 0, pick(3) == 0
	if flip() {
		cfg.Grace = time.Duration(pick(20)) * time.Second
	}
	if !p.orderly && flip() {
		cfg.Age = time.Duration(1+pick(40)) * time.Second
	}
	if !cfg.Tells {
		cfg.Policy = Disconnect
	}
	if cfg.Slack = 64; flip() {
		cfg.Slack = pick(10)
	}
	p.world = newWorld(cfg)
	return p
}

func (p *play) run(events int) error {
	if p.pick(20) == 0 { // a sweep takes several steps
		for range StepSize + p.pick(StepSize) {
			p.joinOne()
		}
	}
	for range events {
		p.event()
		p.check()
		if len(p.errs) > 0 {
			return errors.Join(p.errs...)
		}
	}
	p.drain()
	return errors.Join(p.errs...)
}

func (p *play) event() {
	switch p.pick(16) {
	case 0, 1, 2, 3:
		p.publish()
	case 4:
		if p.r.Members() < 12 {
			p.joinOne()
		}
	case 5:
		if f := p.any(); f != nil && p.pick(3) == 0 {
			p.leave(f)
		}
		p.checkHistory()
	case 6, 7:
		if f := p.any(); f != nil {
			p.r.Ready(f.m)
		}
	case 8:
		p.now += time.Duration(p.pick(5)) * time.Second
		p.tick()
	case 9:
		if !p.orderly {
			p.disturb()
		}
	default:
		p.proceed(false)
	}
	p.ended()
}

// any is a member, or nil.
func (p *play) any() *follower {
	if len(p.all) == 0 {
		return nil
	}
	return p.all[p.pick(len(p.all))]
}

func (p *play) leave(f *follower) {
	if p.r.Leave(f.m, p.now) != !f.over {
		f.fail("leave disagrees about whether it was there")
	}
	p.over(f)
}

func (p *play) publish() {
	e := Entry[int]{Size: p.pick(40)}
	if p.pick(5) == 0 {
		e.Kind = Signal
		if f := p.any(); f != nil && p.pick(2) == 0 {
			e.User = f.m.User
		}
	} else if p.keys {
		e.Key = []string{"", "a", "b", "c"}[p.pick(4)]
	}
	impatient := !p.orderly && p.pick(4) == 0
	for n := 0; p.r.Clogged(e.Size) && !impatient; n++ {
		if n > 1000 {
			p.fail("the room stays clogged")
			return
		}
		p.proceed(false)
	}
	if p.pick(4) == 0 && p.r.Blocked(e.Size) {
		p.r.PassOver(e.Size)
		if p.r.Blocked(e.Size) {
			p.fail("blocked by members who were passed over")
		}
	}
	p.append(e)
}

func (p *play) joinOne() {
	var s Start
	switch p.pick(4) {
	case 0:
		s.Last = p.pick(12)
	case 1:
		s.From = Position{7 + uint64(p.pick(2)), uint64(p.pick(30))}
	case 2:
		s.From = p.r.Next()
		s.From.Offset -= min(uint64(p.pick(10)), s.From.Offset)
	}
	user := ""
	if !p.orderly { // announcing them is not held back
		user = []string{"", "ann", "bob", "eve", "joe"}[p.pick(5)]
	}
	f := p.join(user, s)
	p.trace("join %p %q %+v at %v", f.m, user, s, f.pos)
	f.capacity = 1 << (4 + p.pick(8))
	f.busy = []int{0, 0, 20, 70}[p.pick(4)]
	f.gone = p.pick(10) == 0
}

func (p *play) disturb() {
	next := p.r.Next()
	switch p.pick(4) {
	case 0:
		p.seek(Position{next.Epoch, next.Offset + uint64(p.pick(5))})
	case 1:
		p.seek(Position{next.Epoch + 1, 1 + uint64(p.pick(5))})
	case 2:
		p.r.Forget(p.pick(100), p.now)
	}
}

// proceed takes a step or settles it. What happens between is what happens while
// members are offered it.
func (p *play) proceed(all bool) {
	if !p.open {
		p.open = p.r.Step(&p.step, p.now)
		p.ended()
		p.checkStep()
		return
	}
	p.open = false
	p.steps++
	items, weight := p.items(), 0
	for _, item := range items {
		weight++
		if item.Kind == Value || item.Kind == Signal {
			weight += item.Value % 40
		}
	}
	for i, m := range p.step.Members {
		f := m.Handle
		if f.over {
			p.step.Answers[i] = Verdict(p.pick(4))
			continue
		}
		v := f.answer(weight, p.pick, all)
		p.step.Answers[i] = v
		p.trace("offer to %p at %d: %+v, answered %d", m, m.cursor, items, v)
		f.tooLarge = v == TooLarge
		if v == Taken {
			f.take(items)
		}
		if f.early = v == Busy && p.pick(3) == 0; f.early {
			p.r.Ready(m)
		}
		if v == Gone {
			p.over(f)
		}
	}
	p.r.Settle(&p.step, p.now)
	p.ended()
	for _, m := range p.step.Members {
		if f := m.Handle; f.early && m.place == waiting {
			f.fail("it was ready early, and is waiting")
		}
	}
	for _, f := range p.all {
		f.steady = f.steady || p.orderly && f.busy == 0 && f.capacity > 500 && f.m.place == active
	}
}

// items are those of the step, which the room does not repeat.
func (p *play) items() []Item[int] {
	switch {
	case p.step.Same:
		return p.kept
	case !p.step.Alone():
		p.kept = slices.Clone(p.step.Items)
	}
	return p.step.Items
}

func (f *follower) answer(weight int, pick source, all bool) Verdict {
	switch {
	case weight > f.capacity:
		return TooLarge
	case all:
		return Taken
	case pick(100) < f.busy:
		return Busy
	case f.gone && pick(30) == 0:
		return Gone
	}
	return Taken
}

// drain has everybody take everything, and judges the end.
func (p *play) drain() {
	for n := 0; len(p.errs) == 0; n++ {
		if n > 20_000 {
			p.fail("no end of steps")
			return
		}
		for _, f := range p.all {
			p.r.Ready(f.m)
		}
		settled := p.open
		if p.proceed(true); !p.open && !settled {
			break
		}
	}
	p.check()
	p.checkRest()
	if len(p.errs) > 0 {
		return
	}
	for _, f := range p.all {
		if !f.over {
			f.finish()
		}
	}
}
