package main

import (
	"context"
)

// Growth is the fan-out once more, along one axis at a time: members, rooms and
// the size of a message.
var growthWork = &work{
	name:    "growth",
	title:   "Cost as it grows: fan-out of single messages",
	rounds:  3,
	figures: fanoutWork.figures,
	visit: func(ctx context.Context, v *visit) error {
		const size = 128
		for _, n := range v.scale.growMembers {
			at := where{"128 B, one room, more members", plural(n, "member"), float64(n)}
			if err := v.fanout(ctx, n, 1, []fanoutCase{{at, 1, size}}); err != nil {
				return err
			}
		}
		members := v.scale.growFixed
		for _, n := range v.scale.growRooms {
			at := where{count(members) + " members, 128 B, more rooms", plural(n, "room"), float64(n)}
			if err := v.fanout(ctx, members, n, []fanoutCase{{at, 1, size}}); err != nil {
				return err
			}
		}
		var cases []fanoutCase
		for _, n := range v.scale.growSizes {
			at := where{count(members) + " members, one room, longer messages", sizeOf(n), float64(n)}
			cases = append(cases, fanoutCase{at, 1, n})
		}
		return v.fanout(ctx, members, 1, cases)
	},
}
