package main

import (
	"bytes"
	"encoding/binary"
	"math/rand/v2"
	"strconv"
	"strings"
	"time"
)

// A stamp says which message of a stream it is, and when it was due and sent, in
// time since the start of the run.
type stamp struct {
	seq       uint64
	due, sent time.Duration
}

// header is how many bytes of an echoed message its stamp takes.
const header = 24

// A content makes messages that the receiver can tell to be whole: their length
// and all their bytes follow from seed, stream and sequence number.
type content struct {
	seed  uint64
	sizes sizes
	table []byte // of random bytes, twice as long as the longest message
}

// newContent makes messages of bytes of the alphabet, or of all bytes if it is
// empty.
func newContent(seed uint64, s sizes, alphabet string) *content {
	c := &content{seed: seed, sizes: s, table: make([]byte, 2*s.most()+1)}
	r := rand.New(rand.NewPCG(seed, 0))
	for i := range c.table {
		c.table[i] = byte(r.Uint32())
		if alphabet != "" {
			c.table[i] = alphabet[r.IntN(len(alphabet))]
		}
	}
	return c
}

// body is message seq of a stream, without a stamp. It is part of the table.
func (c *content) body(stream int, seq uint64) []byte {
	r := rand.New(rand.NewPCG(c.seed^uint64(stream)<<32, seq))
	size := c.sizes.draw(r)
	from := r.IntN(len(c.table) - size)
	return c.table[from : from+size]
}

// stamped makes a message that begins with its stamp, in the memory of buf.
func (c *content) stamped(stream int, s stamp, buf []byte) []byte {
	buf = append(buf[:0], c.body(stream, s.seq)...)
	binary.BigEndian.PutUint64(buf, s.seq)
	binary.BigEndian.PutUint64(buf[8:], uint64(s.due))
	binary.BigEndian.PutUint64(buf[16:], uint64(s.sent))
	return buf
}

// read returns the stamp of a message that stamped has made for the stream, and
// false if it is anything else.
func (c *content) read(stream int, msg []byte) (stamp, bool) {
	if len(msg) < header {
		return stamp{}, false
	}
	s := stamp{
		seq:  binary.BigEndian.Uint64(msg),
		due:  time.Duration(binary.BigEndian.Uint64(msg[8:])),
		sent: time.Duration(binary.BigEndian.Uint64(msg[16:])),
	}
	body := c.body(stream, s.seq)
	return s, len(body) == len(msg) && bytes.Equal(body[header:], msg[header:])
}

// A mark is what a line of a chat carries as its id: which member of the room
// says it, and the stamp.
type mark struct {
	member int
	stamp
}

func (m mark) String() string {
	b := strconv.AppendInt(nil, int64(m.member), 36)
	for _, n := range []uint64{m.seq, uint64(m.due), uint64(m.sent)} {
		b = strconv.AppendUint(append(b, '.'), n, 36)
	}
	return string(b)
}

func readMark(id string) (m mark, ok bool) {
	parts := strings.Split(id, ".")
	if len(parts) != 4 {
		return m, false
	}
	var n [4]uint64
	for i, part := range parts {
		var err error
		if n[i], err = strconv.ParseUint(part, 36, 63); err != nil {
			return m, false
		}
	}
	return mark{int(n[0]), stamp{n[1], time.Duration(n[2]), time.Duration(n[3])}}, true
}
