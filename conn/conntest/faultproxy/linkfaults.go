package faultproxy

import "time"

// CutAfter ends the link as soon as exactly n more bytes were forwarded in
// direction d, which may be at any byte of a message; at once when n is zero or
// less. The n bytes are in the hands of the kernel when the cut strikes: a
// reader that is not behind by more than its socket's buffer gets all of them.
// The latest call counts for each direction; with Both, each counts for itself.
func (l *Link) CutAfter(d Direction, n int64, how Ending) {
	l.adjust(d, func(p *pump) { p.cutAt, p.cutHow = p.forwarded+max(n, 0), how })
}

// Stall makes direction d a black hole: when it returns, no further byte is
// forwarded and nothing is read, not even the end of the connection, while
// both sockets stay open. The sender goes on until the buffers of the proxy
// and of the kernel are full. Nothing is lost: see [Link.Heal].
func (l *Link) Stall(d Direction) {
	l.adjust(d, func(p *pump) { p.shape.stalled = true })
}

// Heal ends a stall of direction d.
func (l *Link) Heal(d Direction) {
	l.adjust(d, func(p *pump) { p.shape.stalled = false })
}

// SetDelay holds every byte read from now on for delay plus or minus up to
// jitter, drawn evenly from the seeded series of the link, never less than
// zero. Bytes do not overtake each other. At most 8 MiB are held in a
// direction; then the proxy stops reading. Zero or less means none.
func (l *Link) SetDelay(d Direction, delay, jitter time.Duration) {
	l.adjust(d, func(p *pump) { p.shape.delay, p.shape.jitter = delay, jitter })
}

// SetSlice forwards at most n bytes in a write, with TCP_NODELAY; zero or less
// means no limit. A reader that is late may still find several slices at once.
func (l *Link) SetSlice(d Direction, n int) {
	l.adjust(d, func(p *pump) { p.shape.slice = n })
}

// SetCoalesce gathers bytes until 64 KiB are there, the sender has sent FIN, or
// the first of them has waited for the window, and forwards them in one write.
// Zero or less means that nothing waits.
func (l *Link) SetCoalesce(d Direction, window time.Duration) {
	l.adjust(d, func(p *pump) { p.shape.window = window })
}

// SetBandwidth limits direction d to a number of bytes each second, in steps
// of about 10 ms; zero or less means no limit.
func (l *Link) SetBandwidth(d Direction, bytesPerSecond int) {
	l.adjust(d, func(p *pump) { p.shape.rate = bytesPerSecond })
}

// Corrupt inverts the lowest bit of the byte that follows the next n bytes
// forwarded in direction d. Negative n means zero.
func (l *Link) Corrupt(d Direction, n int64) {
	l.adjust(d, func(p *pump) { p.corruptAt = append(p.corruptAt, p.forwarded+max(n, 0)) })
}

// Truncate lets n more bytes pass in direction d, then sends FIN that way and
// swallows the rest. The other direction goes on. Negative n means zero.
func (l *Link) Truncate(d Direction, n int64) {
	l.adjust(d, func(p *pump) { p.truncateAt = p.forwarded + max(n, 0) })
}
