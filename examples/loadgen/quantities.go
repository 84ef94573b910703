package main

import "github.com/HdrHistogram/hdrhistogram-go"

// quantities are the figures of a distribution, in milliseconds.
type quantities struct {
	Count int64   `json:"count"`
	Min   float64 `json:"min_ms"`
	Mean  float64 `json:"mean_ms"`
	P50   float64 `json:"p50_ms"`
	P90   float64 `json:"p90_ms"`
	P99   float64 `json:"p99_ms"`
	P999  float64 `json:"p99_9_ms"`
	P9999 float64 `json:"p99_99_ms"`
	Max   float64 `json:"max_ms"`
}

func ms(ns int64) float64 { return float64(ns) / 1e6 }

func quantitiesOf(h *hdrhistogram.Histogram) quantities {
	if h.TotalCount() == 0 {
		return quantities{}
	}
	v := h.ValueAtPercentilesSlice([]float64{50, 90, 99, 99.9, 99.99})
	return quantities{
		Count: h.TotalCount(), Min: ms(h.Min()), Mean: h.Mean() / 1e6,
		P50: ms(v[0]), P90: ms(v[1]), P99: ms(v[2]), P999: ms(v[3]), P9999: ms(v[4]), Max: ms(h.Max()),
	}
}

// A curve is a distribution by percentiles, ever closer to the largest.
type curve struct {
	Name   string       `json:"name"`
	Points [][2]float64 `json:"points"` // percentile, milliseconds
}

func curveOf(name string, h *hdrhistogram.Histogram) curve {
	c := curve{Name: name}
	if h.TotalCount() == 0 {
		return c
	}
	for _, b := range h.CumulativeDistributionWithTicks(5) {
		c.Points = append(c.Points, [2]float64{b.Quantile, ms(b.ValueAt)})
	}
	return c
}
