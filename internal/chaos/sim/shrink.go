package main

import "github.com/longsplice/longsplice/internal/chaos/campaign"

// Shrink returns a schedule that fails as s does, though perhaps in another
// way, and from which no move can be taken: whole stretches go first, then single
// moves, then what is left is made simpler. Any part of a schedule is a schedule,
// which is what makes this work.
func Shrink(s *Schedule, fails func(*Schedule) bool) *Schedule {
	for before := -1; before != s.weight(); {
		before = s.weight()
		s = dropMoves(s, fails)
		s = simplify(s, fails)
	}
	return s
}

// weight is what shrinking brings down.
func (s *Schedule) weight() (n int) {
	for _, m := range s.Moves {
		n += 1<<20 + int(m.N)<<4 + int(m.Back) + int(m.Slot)
	}
	return n + s.Setup.weight()
}

func (u Setup) weight() (n int) {
	n = u.Clients + int(u.Beat) + int(u.MinPing) + int(u.Edge)
	if u.Quiet {
		n++
	}
	return n
}

func dropMoves(s *Schedule, fails func(*Schedule) bool) *Schedule {
	less := *s
	less.Moves = campaign.Drop(s.Moves, func(moves []Move) bool {
		less.Moves = moves
		return fails(&less)
	})
	return &less
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
		try(func(o *Schedule) { o.Moves[i].Back = 0 })
		try(func(o *Schedule) { o.Moves[i].Slot = 0 })
	}
	try(func(o *Schedule) { o.Setup.Clients = 1 })
	try(func(o *Schedule) { o.Setup.MinPing = 0 })
	try(func(o *Schedule) { o.Setup.Edge = 0 })
	try(func(o *Schedule) { o.Setup.Quiet = false })
	try(func(o *Schedule) { o.Setup.Beat, o.Setup.Quiet = 0, false })
	return s
}
