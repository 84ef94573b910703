package conn

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"iter"

	"github.com/longsplice/longsplice/internal/wire"
)

// A Batch is messages in their encoded form. It is immutable, and any number
// of connections can send it at once without a copy each.
type Batch struct {
	frames []byte
	n      int
	max    int // length of the longest message
}

// Encode makes a batch of messages, which it copies. It fails only if a
// message is longer than the format can carry, with a *LimitError; a batch
// that is too long for a connection is refused when it is sent.
func Encode(msgs ...[]byte) (*Batch, error) {
	size := 0
	for _, m := range msgs {
		if uint64(len(m)) > wire.MaxMessage {
			return nil, &LimitError{Limit: "MaxMessage", Got: len(m), Max: maxMessage}
		}
		size += wire.HeaderSize + len(m)
	}
	b := &Batch{frames: make([]byte, 0, size), n: len(msgs)}
	for _, m := range msgs {
		b.frames = wire.AppendData(b.frames, m)
		b.max = max(b.max, len(m))
	}
	return b, nil
}

// Concat makes one batch of several, in order. Batches that are nil count as
// empty, and a single one is returned as it is.
func Concat(batches ...*Batch) *Batch {
	if len(batches) == 1 && batches[0] != nil {
		return batches[0]
	}
	var all Batch
	parts := make([][]byte, 0, len(batches))
	for _, b := range batches {
		if b != nil {
			parts = append(parts, b.frames)
			all.n += b.n
			all.max = max(all.max, b.max)
		}
	}
	all.frames = bytes.Join(parts, nil)
	return &all
}

// Len is the batch's length in bytes, as it goes over the wire.
func (b *Batch) Len() int {
	if b == nil {
		return 0
	}
	return len(b.frames)
}

// Messages is how many messages the batch holds.
func (b *Batch) Messages() int {
	if b == nil {
		return 0
	}
	return b.n
}

// All ranges over the batch's messages. They are the batch's own memory: to be
// read while the batch is in use, and not to be changed.
func (b *Batch) All() iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		if b == nil {
			return
		}
		for rest := b.frames; len(rest) > 0; {
			n := 4 + int(binary.BigEndian.Uint32(rest))
			if !yield(rest[wire.HeaderSize:n:n]) {
				return
			}
			rest = rest[n:]
		}
	}
}

// MarshalBinary returns the batch as bytes, to be stored or sent by other means.
// ParseBatch reads them. They are the batch's own memory, and not to be changed.
func (b *Batch) MarshalBinary() ([]byte, error) {
	if b == nil {
		return nil, nil
	}
	return b.frames, nil
}

// ParseBatch makes a batch of what MarshalBinary returned. It copies p, and fails
// if that is anything else.
func ParseBatch(p []byte) (*Batch, error) {
	b := &Batch{frames: bytes.Clone(p)}
	for rest := b.frames; len(rest) > 0; {
		kind, body, size, ok, err := wire.Cut(rest, maxMessage)
		switch {
		case err != nil:
			return nil, fmt.Errorf("conn: not a batch: %w", err)
		case !ok || kind != wire.KindData:
			return nil, errors.New("conn: not a batch")
		}
		b.n++
		b.max = max(b.max, len(body))
		rest = rest[size:]
	}
	return b, nil
}
