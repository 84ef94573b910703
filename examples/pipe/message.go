package main

import (
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
)

// What the ends say to each other. The sender begins with hello, so that a
// receiver knows a sender of its own kind, goes on with data and ends with
// total; the receiver answers with a total of its own when all is written.
const (
	kindHello = 'h' // and the protocol's name
	kindData  = 'd' // and a piece of the data
	kindTotal = 't' // and what it adds up to
)

const hello = "hpipe/1"

// A total is what the data adds up to.
type total struct {
	bytes int64
	hash  [sha256.Size]byte
}

func (t total) message() []byte {
	msg := binary.BigEndian.AppendUint64([]byte{kindTotal}, uint64(t.bytes))
	return append(msg, t.hash[:]...)
}

func (t total) String() string { return fmt.Sprintf("%d bytes, sha256 %x", t.bytes, t.hash) }

// parseTotal reads a message of kindTotal.
func parseTotal(msg []byte) (t total, err error) {
	if len(msg) != 1+8+sha256.Size || msg[0] != kindTotal {
		return t, errors.New("not a total")
	}
	t.bytes = int64(binary.BigEndian.Uint64(msg[1:]))
	copy(t.hash[:], msg[9:])
	return t, nil
}
