package ledger

import (
	"encoding/binary"
	"hash/crc32"
	"time"
)

// accountHeader is the length of what an account's message says of itself, and
// of the shortest message.
const accountHeader = 48

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// A Message is what an account's message says of itself.
type Message struct {
	ID      uint64    // of the account
	N       uint64    // its number in the stream, from 0
	Attempt uint64    // of the offer
	Before  uint64    // attempt of the message before it
	Offered time.Time // when
}

// ParseMessage reads a message of an account, and fails if it is none or was
// changed.
func ParseMessage(msg []byte) (m Message, ok bool) {
	be := binary.BigEndian
	if len(msg) < accountHeader || int(be.Uint32(msg[4:])) != len(msg) ||
		be.Uint32(msg) != crc32.Checksum(msg[4:], castagnoli) {
		return m, false
	}
	return Message{
		ID: be.Uint64(msg[8:]), N: be.Uint64(msg[16:]), Attempt: be.Uint64(msg[24:]), Before: be.Uint64(msg[32:]),
		Offered: time.Unix(0, int64(be.Uint64(msg[40:]))),
	}, true
}

// bytes is a message of a size, or of the least that there is.
func (m Message) bytes(size int) []byte {
	msg := make([]byte, max(size, accountHeader))
	be := binary.BigEndian
	be.PutUint32(msg[4:], uint32(len(msg)))
	be.PutUint64(msg[8:], m.ID)
	be.PutUint64(msg[16:], m.N)
	be.PutUint64(msg[24:], m.Attempt)
	be.PutUint64(msg[32:], m.Before)
	be.PutUint64(msg[40:], uint64(m.Offered.UnixNano()))
	for have := accountHeader; have < len(msg); have += copy(msg[have:], msg[8:have]) {
	}
	be.PutUint32(msg, crc32.Checksum(msg[4:], castagnoli))
	return msg
}
