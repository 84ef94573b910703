package main

import "math"

// A scale says how values are spread over an axis.
type scale int

const (
	linear      scale = iota // from zero
	logarithmic              // of values above zero
	nines                    // of percentiles: 90, 99 and 99.9 are equally far apart
)

// An axis maps values to pixels.
type axis struct {
	scale       scale
	least, most float64 // as scaled
	from, to    float64 // pixels
}

// newAxis spans values from one pixel to another. A logarithmic one begins and
// ends at a step of ticks, a linear one begins at zero.
func newAxis(s scale, values []float64, from, to float64) axis {
	a := axis{s, math.Inf(1), math.Inf(-1), from, to}
	for _, v := range values {
		if v = a.scaled(v); !math.IsNaN(v) && !math.IsInf(v, 0) {
			a.least, a.most = min(a.least, v), max(a.most, v)
		}
	}
	if a.least > a.most {
		a.least, a.most = 0, 1
	}
	switch s {
	case linear, nines:
		a.least = 0
	case logarithmic:
		a.least, a.most = math.Floor(a.least*3)/3, math.Ceil(a.most*3)/3
	}
	if a.most == a.least {
		a.most++
	}
	return a
}

func (a axis) scaled(v float64) float64 {
	switch a.scale {
	case logarithmic:
		return math.Log10(v)
	case nines:
		return -math.Log10(1 - v/100)
	}
	return v
}

// at is the pixel of a value, the nearest for one beyond the axis: no time at all
// is infinitely far on a logarithmic one.
func (a axis) at(v float64) float64 {
	return a.from + (min(max(a.scaled(v), a.least), a.most)-a.least)/(a.most-a.least)*(a.to-a.from)
}

// ticks are round values within the axis: about five on a linear one, powers of
// ten on a logarithmic one, and 2 and 5 times them if those are few.
func (a axis) ticks() (all []float64) {
	within := func(v float64) bool { s := a.scaled(v); return s >= a.least-1e-9 && s <= a.most+1e-9 }
	switch a.scale {
	case nines:
		for _, v := range []float64{0, 50, 90, 99, 99.9, 99.99, 99.999, 99.9999, 99.99999} {
			if within(v) {
				all = append(all, v)
			}
		}
	case logarithmic:
		steps := []float64{1}
		if a.most-a.least < 3 {
			steps = []float64{1, 2, 5}
		}
		for p := math.Floor(a.least); p <= a.most; p++ {
			for _, s := range steps {
				if v := s * math.Pow(10, p); within(v) {
					all = append(all, v)
				}
			}
		}
	default:
		step := a.step()
		for v := 0.0; v <= a.most+1e-9; v += step {
			all = append(all, v)
		}
	}
	return all
}

// step is the distance of ticks on a linear axis.
func (a axis) step() float64 {
	power := math.Pow(10, math.Floor(math.Log10(a.most/6)))
	for _, by := range []float64{1, 2, 5} {
		if a.most/(power*by) <= 6 {
			return power * by
		}
	}
	return power * 10
}

// roundedUp ends a linear axis at a tick.
func (a axis) roundedUp() axis {
	if a.scale == linear {
		a.most = math.Ceil(a.most/a.step()-1e-9) * a.step()
	}
	return a
}
