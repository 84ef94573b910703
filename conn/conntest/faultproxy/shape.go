package faultproxy

import "time"

// A shape is how a direction treats the bytes that pass.
type shape struct {
	stalled       bool
	delay, jitter time.Duration
	slice         int
	window        time.Duration
	rate          int // bytes a second
}

// portion is the part of data that one write may carry, corrupted as ordered.
func (p *pump) portion(data []byte) []byte {
	n := int64(min(len(data), bestBuffer))
	if p.shape.slice > 0 {
		n = min(n, int64(p.shape.slice))
	}
	for _, end := range [2]int64{p.cutAt, p.truncateAt} {
		if end >= 0 {
			n = min(n, end-p.forwarded)
		}
	}
	later := p.corruptAt[:0]
	for _, at := range p.corruptAt {
		if i := at - p.forwarded; i < n {
			data[i] ^= 1
		} else {
			later = append(later, at)
		}
	}
	p.corruptAt = later
	return data[:n]
}

// limited keeps reads small while the bandwidth is, so that bytes do not leave
// in large lumps.
func (p *pump) limited(room []byte) []byte {
	if p.shape.rate <= 0 {
		return room
	}
	return room[:min(len(room), max(1, p.shape.rate/100))]
}

// leaves draws the time from when n bytes that were read now may be written.
func (p *pump) leaves(n int, now time.Time) time.Time {
	at := now
	if delay := p.shape.delay; delay > 0 || p.shape.jitter > 0 {
		if jitter := p.shape.jitter; jitter > 0 {
			delay += time.Duration(p.random.Int64N(2*int64(jitter)+1)) - jitter
		}
		at = at.Add(max(delay, 0))
	}
	if p.shape.rate > 0 {
		if p.free.After(at) {
			at = p.free
		}
		at = at.Add(time.Duration(n) * time.Second / time.Duration(p.shape.rate))
		p.free = at
	}
	return at
}
