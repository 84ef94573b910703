package main

import (
	"math"
	"slices"
	"strconv"
)

// median of some values, NaN of none.
func median(values []float64) float64 {
	if len(values) == 0 {
		return math.NaN()
	}
	v := slices.Sorted(slices.Values(values))
	if n := len(v); n%2 == 0 {
		return (v[n/2-1] + v[n/2]) / 2
	}
	return v[len(v)/2]
}

// ratio is the median of the quotients of values that were measured in the same
// round, so that a drift of the machine between rounds does not count. If one of
// them missed a round, it is the quotient of the medians.
func ratio(values, base []float64) float64 {
	if len(values) != len(base) {
		return median(values) / median(base)
	}
	q := make([]float64, len(values))
	for i := range q {
		q[i] = values[i] / base[i]
	}
	return median(q)
}

// short writes a number with three digits that count.
func short(v float64) string {
	switch a := math.Abs(v); {
	case math.IsNaN(v) || math.IsInf(v, 0):
		return "–"
	case a >= 100:
		return count(int(math.Round(v)))
	case a >= 10:
		return strconv.FormatFloat(v, 'f', 1, 64)
	case a >= 0.1 || a == 0:
		return strconv.FormatFloat(v, 'f', 2, 64)
	}
	return strconv.FormatFloat(v, 'f', 3, 64)
}

// rounded keeps five digits, which is more than any measurement has.
func rounded(v float64) float64 {
	r, _ := strconv.ParseFloat(strconv.FormatFloat(v, 'g', 5, 64), 64) // what was formatted can be parsed
	return r
}
