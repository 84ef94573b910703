package main

import "math"

// A glance is the case that stands for a group in the summary: Longsplice between
// its floor and the best peer.
type glance struct {
	Case                string
	Unit                string
	Floor, Ours, Best   string
	BestName            string
	OverFloor, OverBest string
	BestRemark          string
	Behind              bool // the best peer is better
}

// glances are the key cases. One that Longsplice or all others have no figure for
// has nothing to compare.
func (r *results) glances() (all []glance) {
	for _, c := range r.Cases {
		if c.work.key == 0 || c.work.key != anyCase && c.work.key != c.X {
			continue
		}
		var ours, floor, best *line
		for _, l := range c.lines() {
			switch {
			case math.IsNaN(l.median):
			case l.peer == longsplicePeer:
				ours = &l
			case l.peer == floorPeer:
				floor = &l
			case !l.peer.ours && best == nil:
				best = &l
			}
		}
		if ours == nil || best == nil {
			continue
		}
		g := glance{
			Case: c.work.brief + ", " + c.name(), Unit: c.work.figures[0].String(), Floor: "–",
			Ours: ours.spread(), Best: best.spread(), BestName: best.peer.name,
			OverFloor: short(ours.floor), OverBest: short(ours.best),
			BestRemark: best.remark, Behind: ours.best > 1,
		}
		if floor != nil {
			g.Floor = floor.spread()
		}
		all = append(all, g)
	}
	return all
}

// spread is the median with the least and the most, if there is more than one.
func (l line) spread() string {
	if math.IsNaN(l.median) {
		return "–"
	}
	if l.least == l.most {
		return short(l.median)
	}
	return short(l.median) + " (" + short(l.least) + "–" + short(l.most) + ")"
}
