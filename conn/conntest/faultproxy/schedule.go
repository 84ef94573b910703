package faultproxy

import "math/rand/v2"

// A Schedule is a reproducible series of cuts. Each link that the proxy
// establishes draws the next cut of the series, which strikes after a number
// of bytes and so does not depend on timing. A cut that a link did not live to
// see is handed to the next new link. After the last cut the proxy is
// transparent. The zero value has no cuts.
type Schedule struct {
	// Seed selects the series. Every value is a valid seed.
	Seed uint64
	// Cuts is the length of the series. Zero or less means none.
	Cuts int
	// Mean is the mean number of bytes that a link forwards in the direction of
	// the cut before it strikes; the numbers are spread evenly from 1 to
	// 2·Mean−1. Zero or less means 64 KiB.
	Mean int64
	// Directions limits the cuts to one direction. Zero means [Both]: each cut
	// draws its own.
	Directions Direction
	// Endings are drawn from with equal chances. Empty means RST and FIN.
	Endings []Ending
}

// A PlannedCut is one entry of a [Schedule].
type PlannedCut struct {
	Direction Direction // ToServer or ToClient
	After     int64     // bytes forwarded in that direction since the link began
	How       Ending
}

// Plan lists the series. The same Schedule always has the same plan.
func (s Schedule) Plan() []PlannedCut {
	if s.Cuts <= 0 {
		return nil
	}
	mean := uint64(64 << 10)
	if s.Mean > 0 {
		mean = uint64(s.Mean)
	}
	directions := []Direction{ToServer, ToClient}
	if d := s.Directions & Both; d == ToServer || d == ToClient {
		directions = []Direction{d}
	}
	endings := s.Endings
	if len(endings) == 0 {
		endings = []Ending{RST, FIN}
	}
	random := rand.New(rand.NewPCG(s.Seed, 0x5c4ed01e))
	plan := make([]PlannedCut, s.Cuts)
	for i := range plan {
		plan[i] = PlannedCut{
			Direction: directions[random.IntN(len(directions))],
			After:     1 + int64(random.Uint64N(2*mean-1)),
			How:       endings[random.IntN(len(endings))],
		}
	}
	return plan
}
