package main

// Growth is the fan-out once more, along one axis at a time: members, rooms and
// the size of a message.
var growthWork = &work{
	name:    "growth",
	title:   "Cost as it grows: fan-out of single messages",
	figures: fanoutWork.figures,
	parts: func(s scale) (all []part) {
		const size = 128
		grow := func(members, rooms int, cases ...turn) {
			all = append(all, part{does: "fanout", clients: members, rooms: rooms, cases: cases})
		}
		for _, n := range s.growMembers {
			grow(n, 1, fanoutTurn("128 B, one room, more members", plural(n, "member"), float64(n), Fanout{1, 1, size, s.turn(n)}))
		}
		fixed := plural(s.growFixed, "member")
		for _, n := range s.growRooms {
			grow(s.growFixed, n, fanoutTurn(fixed+", 128 B, more rooms", plural(n, "room"), float64(n), Fanout{n, 1, size, s.turn(s.growFixed)}))
		}
		var longer []turn
		for _, n := range s.growSizes {
			longer = append(longer, fanoutTurn(fixed+", one room, longer messages", sizeOf(n), float64(n), Fanout{1, 1, n, s.turn(s.growFixed)}))
		}
		grow(s.growFixed, 1, longer...)
		return all
	},
}
