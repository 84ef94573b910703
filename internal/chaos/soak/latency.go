package main

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// histogram counts durations from 1 µs to an hour with an error of at most an
// eighth.
type histogram [256]atomic.Uint64

// bucket is where a duration is counted: eight to each power of two of
// microseconds.
func bucket(d time.Duration) int {
	us := uint64(max(d/time.Microsecond, 0))
	if us < 8 {
		return int(us)
	}
	e := bits.Len64(us) - 4
	return min(8*e+int(us>>e), len(histogram{})-1)
}

// middle is the duration in the middle of a bucket.
func middle(i int) time.Duration {
	if i < 16 {
		return time.Duration(i)*time.Microsecond + time.Microsecond/2
	}
	e := i/8 - 1
	low := uint64(8+i%8) << e
	return time.Duration(low)*time.Microsecond + time.Duration(uint64(1)<<e)*time.Microsecond/2
}

func (h *histogram) add(d time.Duration) { h[bucket(d)].Add(1) }

// counts is the state of a histogram.
type counts [256]uint64

func (h *histogram) counts() (c counts) {
	for i := range h {
		c[i] = h[i].Load()
	}
	return c
}

// since is what was counted after an earlier state.
func (c counts) since(before counts) (d counts) {
	for i := range c {
		d[i] = c[i] - before[i]
	}
	return d
}

// quantile is the duration that a part of all stays below, 0 if nothing was
// counted.
func (c counts) quantile(part float64) time.Duration {
	var total, sum uint64
	for _, n := range c {
		total += n
	}
	for i, n := range c {
		if sum += n; n > 0 && float64(sum) >= part*float64(total) {
			return middle(i)
		}
	}
	return 0
}
