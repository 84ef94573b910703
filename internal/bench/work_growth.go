package main

// Growth is the fan-out once more, along one axis at a time: members, rooms,
// goroutines that publish, and the size of a message. A cost for each delivery
// that stays flat says that nothing is shared that should not be.
//
// More members in one room are told something less often, since the next message
// waits for all of them, so what a peer does once a second weighs more. With more
// rooms the members stay as many and are told as often, in rooms that are as much
// smaller: there the cost of a delivery can be compared.
var growthWork = &work{
	name:    "growth",
	title:   "Cost as it grows: fan-out of single messages",
	rounds:  2,
	figures: fanoutWork.figures,
	parts: func(s scale) (all []part) {
		const size = 128
		grow := func(members, rooms int, cases ...turn) {
			all = append(all, part{does: "fanout", clients: members, rooms: rooms, cases: cases})
		}
		for _, n := range s.growMembers {
			args := Fanout{Rooms: 1, Burst: 1, Size: size, Time: s.turn(n)}
			grow(n, 1, fanoutTurn("128 B, one room, more members", plural(n, "member"), float64(n), args))
		}
		most := s.growMembers[len(s.growMembers)-1]
		for _, n := range s.growRooms {
			args := Fanout{Rooms: n, Burst: 1, Size: size, Time: s.turn(most)}
			grow(most, n, fanoutTurn(plural(most, "member")+", 128 B, more rooms", plural(n, "room"), float64(n), args))
		}
		fixed := plural(s.growFixed, "member")
		var atOnce []turn
		rooms := max(1, s.growFixed/10)
		for _, n := range s.growPublishers {
			args := Fanout{Rooms: rooms, Burst: 1, Size: size, Publishers: n, Time: s.time}
			atOnce = append(atOnce, fanoutTurn(fixed+" in "+plural(rooms, "room")+", 128 B, more publishers", plural(n, "publisher"), float64(n), args))
		}
		grow(s.growFixed, rooms, atOnce...)
		var longer []turn
		for _, n := range s.growSizes {
			args := Fanout{Rooms: 1, Burst: 1, Size: n, Time: s.time}
			longer = append(longer, fanoutTurn(fixed+", one room, longer messages", sizeOf(n), float64(n), args))
		}
		grow(s.growFixed, 1, longer...)
		return all
	},
}
