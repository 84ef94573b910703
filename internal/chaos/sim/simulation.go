package main

import (
	"io"

	"github.com/longsplice/longsplice/internal/chaos/campaign"
)

// simulation is what plays the core of package conn.
var simulation = campaign.Simulation{
	Name:   "conn",
	Dir:    "internal/chaos/sim/testdata",
	Events: eventNames[:],
	Play: func(seed uint64, trace campaign.Trace) (campaign.Schedule, campaign.Outcome) {
		s, o := PlaySeed(seed, trace)
		return s, o
	},
	Read: func(in io.Reader) (campaign.Schedule, error) { return ReadSchedule(in) },
}

// Shrink implements campaign.Schedule.
func (s *Schedule) Shrink(fails func(campaign.Schedule) bool) campaign.Schedule {
	return Shrink(s, func(s *Schedule) bool { return fails(s) })
}

// Len implements campaign.Schedule.
func (s *Schedule) Len() int { return len(s.Moves) }

// Explain implements campaign.Schedule.
func (s *Schedule) Explain(notes ...string) { s.Note = notes }

// Notes implements campaign.Schedule.
func (s *Schedule) Notes() []string { return s.Note }
