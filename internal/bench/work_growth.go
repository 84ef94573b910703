package main

// Growth is the fan-out once more, along one axis at a time: members, rooms and
// the size of a message.
var growthWork = &work{
	name:    "growth",
	title:   "Cost as it grows: fan-out of single messages",
	rounds:  3,
	figures: fanoutWork.figures,
	parts: func(s scale) (all []part) {
		const size = 128
		for _, n := range s.growMembers {
			at := where{"128 B, one room, more members", plural(n, "member"), float64(n)}
			all = append(all, fanoutPart(n, 1, fanoutCase{at, 1, size}))
		}
		fixed := plural(s.growFixed, "member")
		for _, n := range s.growRooms {
			at := where{fixed + ", 128 B, more rooms", plural(n, "room"), float64(n)}
			all = append(all, fanoutPart(s.growFixed, n, fanoutCase{at, 1, size}))
		}
		var cases []fanoutCase
		for _, n := range s.growSizes {
			at := where{fixed + ", one room, longer messages", sizeOf(n), float64(n)}
			cases = append(cases, fanoutCase{at, 1, n})
		}
		return append(all, fanoutPart(s.growFixed, 1, cases...))
	},
}
