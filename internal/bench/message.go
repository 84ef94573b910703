package main

import "encoding/binary"

// headerSize is how much of each message the race itself needs; no message is
// shorter.
const headerSize = 16

// A header numbers a message, so that its receiver can tell what is missing.
type header struct {
	seq    uint64 // counts from 0 for each source
	source uint32 // a room, a sender or a client
	last   bool   // nothing comes from this source after it
}

// put writes h to the front of msg. The rest of the message is of no
// importance, but its length is: a message that was cut does not pass.
func (h header) put(msg []byte) {
	binary.BigEndian.PutUint64(msg, h.seq)
	binary.BigEndian.PutUint32(msg[8:], h.source)
	flags := byte(0)
	if h.last {
		flags = 1
	}
	binary.BigEndian.PutUint32(msg[12:], uint32(flags)<<24|h.sum(len(msg)))
}

// parse reads the header of msg, and reports whether it is whole.
func parse(msg []byte) (h header, ok bool) {
	if len(msg) < headerSize {
		return h, false
	}
	h.seq = binary.BigEndian.Uint64(msg)
	h.source = binary.BigEndian.Uint32(msg[8:])
	tail := binary.BigEndian.Uint32(msg[12:])
	h.last = tail>>24 != 0
	return h, tail&0xffffff == h.sum(len(msg))
}

// sum is a check in 24 bits.
func (h header) sum(size int) uint32 {
	x := h.seq ^ uint64(h.source)<<24 ^ uint64(size)<<40
	x *= 0x9e3779b97f4a7c15
	return uint32(x >> 40)
}

// Faults are what a receiver found wrong with a series of messages.
type Faults struct {
	Lost     uint64 // never came
	Repeated uint64 // came twice, or after a later one
	Broken   uint64 // were not as they were sent
}

func (f *Faults) add(g Faults) {
	f.Lost += g.Lost
	f.Repeated += g.Repeated
	f.Broken += g.Broken
}

// none reports whether every message came once and in order.
func (f Faults) none() bool { return f == Faults{} }

// A checker follows the messages of one source to one receiver. It is not
// safe for concurrent use.
type checker struct {
	next   uint64
	faults Faults
}

// take looks at one message, and reports whether it is a new one.
func (c *checker) take(seq uint64) bool {
	switch {
	case seq == c.next:
		c.next++
		return true
	case seq > c.next:
		c.faults.Lost += seq - c.next
		c.next = seq + 1
		return true
	}
	c.faults.Repeated++
	return false
}

// end is what the checker found, if sent messages were sent.
func (c *checker) end(sent uint64) Faults {
	f := c.faults
	if sent > c.next {
		f.Lost += sent - c.next
	}
	return f
}
