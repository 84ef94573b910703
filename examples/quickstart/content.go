package main

import (
	"encoding/binary"
	"math/rand/v2"
)

// The mean size of messages: below minMean there is no room for variety, above
// maxMean the largest would be over 40 MiB.
const (
	minMean = 64
	maxMean = 1 << 16
)

// header is what every message begins with: its direction and its index.
const header = 1 + 8

// A content says what messages are made of: everything about a message follows
// from the seed, the direction and the index, so that a receiver can tell by
// itself what should have arrived.
type content struct {
	seed uint64
	mean int
}

// A direction is one way between client and server.
type direction byte

const (
	toServer direction = 'c' // what the client sends
	toClient direction = 's' // what the server sends
)

func (d direction) String() string {
	if d == toServer {
		return "client to server"
	}
	return "server to client"
}

// random returns the series of random numbers that message i is made of.
func (c content) random(d direction, i uint64) *rand.PCG {
	return rand.NewPCG(c.seed^uint64(d)<<56, i)
}

// draw returns a size. Nearly all messages are short; one in 50 is some times,
// and one in 2,000 some hundred times as long as the mean.
func (c content) draw(r *rand.PCG) int {
	kind, at := r.Uint64()%2000, r.Uint64()
	between := func(low, high int) int { return low + int(at%uint64(high-low)) }
	switch {
	case kind == 0:
		return between(320*c.mean, 640*c.mean)
	case kind <= 40:
		return between(3*c.mean, 25*c.mean)
	}
	return between(16, c.mean*98/100-16)
}

// size is the length of message i.
func (c content) size(d direction, i uint64) int {
	return c.draw(c.random(d, i))
}

// largest is a bound of all sizes.
func (c content) largest() int { return 640 * c.mean }

// message makes message i in the memory of buf.
func (c content) message(d direction, i uint64, buf []byte) []byte {
	r := c.random(d, i)
	size := c.draw(r)
	buf = append(buf[:0], byte(d))
	buf = binary.BigEndian.AppendUint64(buf, i)
	for len(buf) < size {
		buf = binary.LittleEndian.AppendUint64(buf, r.Uint64())
	}
	return buf[:size]
}

// indexOf reads what a message says it is.
func indexOf(msg []byte) (direction, uint64, bool) {
	if len(msg) < header {
		return 0, 0, false
	}
	return direction(msg[0]), binary.BigEndian.Uint64(msg[1:]), true
}
