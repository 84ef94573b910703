package faultproxy

import "time"

const (
	firstBuffer = 4 << 10  // of a link that never carries more, to keep idle links small
	bestBuffer  = 64 << 10 // reads as large as this gain nothing by being larger
	mostHeld    = 8 << 20  // what a delay may hold in one direction
)

// A line holds the bytes that a pump has read and not yet written, in order,
// with the time at which each may leave. It knows no clock.
type line struct {
	buf        []byte // held bytes are buf[start:end]
	start, end int
	marks      []mark // ordered by upTo and by at; the last ends at end
}

// A mark says from when the bytes up to an index of buf may leave.
type mark struct {
	upTo int
	at   time.Time
}

func (q *line) size() int { return q.end - q.start }

// room returns where to read into, or nil when the line is full.
func (q *line) room() []byte {
	if q.start == q.end {
		q.start, q.end = 0, 0
	}
	if q.end == len(q.buf) {
		switch {
		case q.start >= len(q.buf)/2 && q.start > 0:
			q.compact()
		case len(q.buf) >= mostHeld:
			return nil
		default:
			grown := make([]byte, max(firstBuffer, 2*len(q.buf)))
			copy(grown, q.buf)
			q.buf = grown
		}
	}
	return q.buf[q.end:min(len(q.buf), q.end+bestBuffer)]
}

func (q *line) compact() {
	shift := q.start
	copy(q.buf, q.buf[q.start:q.end])
	q.start, q.end = 0, q.end-shift
	for i := range q.marks {
		q.marks[i].upTo -= shift
	}
}

// added accepts n bytes that were read into room; they may leave at the given
// time, but not before what was added earlier.
func (q *line) added(n int, at time.Time) {
	filled := q.start == q.end && n == len(q.buf)
	if k := len(q.marks); k > 0 && at.Before(q.marks[k-1].at) {
		at = q.marks[k-1].at
	}
	q.end += n
	if k := len(q.marks); k > 0 && at.Equal(q.marks[k-1].at) {
		q.marks[k-1].upTo = q.end
	} else {
		q.marks = append(q.marks, mark{upTo: q.end, at: at})
	}
	if filled && len(q.buf) < bestBuffer {
		grown := make([]byte, 4*len(q.buf))
		copy(grown, q.buf)
		q.buf = grown
	}
}

// head returns the time from when the first byte may leave, or false when the
// line is empty.
func (q *line) head() (time.Time, bool) {
	if len(q.marks) == 0 {
		return time.Time{}, false
	}
	return q.marks[0].at, true
}

// ready returns the bytes that may leave now.
func (q *line) ready(now time.Time) []byte {
	upTo := q.start
	for _, m := range q.marks {
		if m.at.After(now) || upTo-q.start >= bestBuffer {
			break
		}
		upTo = m.upTo
	}
	return q.buf[q.start:upTo]
}

// left removes the first n bytes.
func (q *line) left(n int) {
	q.start += n
	done := 0
	for done < len(q.marks) && q.marks[done].upTo <= q.start {
		done++
	}
	q.marks = append(q.marks[:0], q.marks[done:]...)
}
