package hubsim

import (
	"io"
	"runtime/debug"

	"github.com/longsplice/longsplice/internal/chaos/campaign"
)

// Simulation is what plays the core of package hub.
var Simulation = campaign.Simulation{
	Name:   "hub",
	Dir:    "internal/chaos/hubsim/testdata",
	Events: eventNames[:],
	Play: func(seed uint64, trace campaign.Trace) (campaign.Schedule, campaign.Outcome) {
		s, o := PlaySeed(seed, trace)
		return s, o
	},
	Read: func(in io.Reader) (campaign.Schedule, error) { return ReadSchedule(in) },
}

// Play plays a schedule, then lets all heal, and gives the verdict.
func (s *Schedule) Play(trace campaign.Trace) campaign.Outcome {
	w := newWorld(s.Setup, trace)
	w.run(func() {
		for _, m := range s.Moves {
			if w.failed != nil {
				return
			}
			w.make(m)
		}
	})
	return w.outcome()
}

// PlaySeed draws a schedule from a seed and plays it.
func PlaySeed(seed uint64, trace campaign.Trace) (*Schedule, campaign.Outcome) {
	a := newAdversary(seed)
	s := &Schedule{Setup: a.setup()}
	w := newWorld(s.Setup, trace)
	w.run(func() {
		n := a.length()
		s.Moves = make([]Move, 0, n)
		for range n {
			if w.failed != nil {
				return
			}
			m := a.move()
			s.Moves = append(s.Moves, m)
			w.make(m)
		}
	})
	return s, w.outcome()
}

// run plays moves and heals. A panic is a violation like any other.
func (w *world) run(moves func()) {
	defer func() {
		if v := recover(); v != nil {
			w.note("%s", debug.Stack())
			w.fail("panic: %v", v)
		}
	}()
	moves()
	if w.failed == nil {
		w.heal()
	}
}

func (w *world) make(m Move) {
	w.met[metMove]++
	w.mix(uint64(m.Op) | uint64(m.Node)<<8 | uint64(m.Room)<<16 | uint64(m.Client)<<24 | uint64(m.N)<<32)
	if w.trace != nil {
		w.note("%v", m)
	}
	w.do(m)
}

func (w *world) outcome() campaign.Outcome {
	return campaign.Outcome{Hash: w.hash, Met: w.met[:], Failed: w.failed}
}
