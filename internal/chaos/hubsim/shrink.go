package hubsim

import "github.com/longsplice/longsplice/internal/chaos/campaign"

// Shrink returns a schedule for which fails holds as it does for s, and from which
// no move can be taken. What is left is made simpler.
func Shrink(s *Schedule, fails func(*Schedule) bool) *Schedule {
	for before := -1; before != s.weight(); {
		before = s.weight()
		less := *s
		less.Moves = campaign.Drop(s.Moves, func(moves []Move) bool {
			less.Moves = moves
			return fails(&less)
		})
		s = simplify(&Schedule{Note: s.Note, Setup: s.Setup, Moves: less.Moves}, fails)
	}
	return s
}

// weight is what shrinking brings down.
func (s *Schedule) weight() (n int) {
	for _, m := range s.Moves {
		n += 1<<20 + int(m.N)<<4 + int(m.Client) + int(m.Room) + int(m.Node)
	}
	u := &s.Setup
	return n + u.Crowd + u.Clients + u.Rooms + u.Nodes + int(u.Room.Age+u.Room.Grace) + u.Room.Slack + u.Room.History
}

// simplify lowers the numbers of moves, and takes what is not needed from the
// world.
func simplify(s *Schedule, fails func(*Schedule) bool) *Schedule {
	try := func(change func(*Schedule)) {
		other := *s
		other.Moves = append([]Move(nil), s.Moves...)
		change(&other)
		if other.weight() < s.weight() && fails(&other) {
			s = &other
		}
	}
	for i := range s.Moves {
		for _, n := range []int32{0, 1, 5, 20, s.Moves[i].N / 2, s.Moves[i].N - 1} {
			try(func(o *Schedule) { o.Moves[i].N = max(n, 0) })
		}
		try(func(o *Schedule) { o.Moves[i].Client = 0 })
		try(func(o *Schedule) { o.Moves[i].Room = 0 })
		try(func(o *Schedule) { o.Moves[i].Node = 0 })
	}
	try(func(o *Schedule) { o.Setup.Crowd = 0 })
	try(func(o *Schedule) { o.Setup.Clients = 1 })
	try(func(o *Schedule) { o.Setup.Clients = 2 })
	try(func(o *Schedule) { o.Setup.Rooms = 1 })
	try(func(o *Schedule) { o.Setup.Nodes = 1 })
	try(func(o *Schedule) { o.Setup.Room.Age = 0 })
	try(func(o *Schedule) { o.Setup.Room.Grace = 0 })
	try(func(o *Schedule) { o.Setup.Room.Slack = 0 })
	try(func(o *Schedule) { o.Setup.Room.History = 0 })
	return s
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
