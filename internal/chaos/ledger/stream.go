package ledger

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"sync"
)

// headerSize is the length of what a message says of itself, and of the
// shortest message.
const headerSize = 12

// Stream is what is known of the messages from one sender to one receiver.
// Its counts are numbers of messages, which come in the order in which they were
// accepted.
type Stream struct {
	id uint32

	mu        sync.Mutex // covers all that follows
	entries   []entry    // accepted, and behind them what is on offer
	accepted  int        // the sender was told that they are
	attempt   uint32     // of the latest offer
	delivered int        // handed to the receiver
	perhaps   int        // of them, it may have consumed
	consumed  int        // and certainly has
	loose     bool       // or all that it was handed, see Loosen
	reported  int        // of the last ones that were accepted, told to be in doubt or undelivered
	err       error
}

// entry is what a message is made of, beside its place.
type entry struct {
	size    int
	attempt uint32
	copies  uint32 // how often it was handed to the receiver
}

// New opens the books of a stream. Streams that might be mixed up need different
// numbers.
func New(id uint32) *Stream { return &Stream{id: id} }

// StreamOf is the number of the stream that a message belongs to, and false if it
// is not a message of any.
func StreamOf(msg []byte) (id uint32, ok bool) {
	if len(msg) < headerSize {
		return 0, false
	}
	return binary.BigEndian.Uint32(msg), true
}

// Offer returns the next message to send, with size bytes or the fewest that a
// message has. Answer must follow.
func (s *Stream) Offer(size int) []byte { return s.OfferAll(size)[0] }

// OfferAll returns the next messages, to be sent all together or not at all.
func (s *Stream) OfferAll(sizes ...int) (msgs [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.attempt++
	for _, size := range sizes {
		s.entries = append(s.entries, entry{size: max(size, headerSize), attempt: s.attempt})
		msgs = append(msgs, s.message(len(s.entries)-1))
	}
	return msgs
}

// Answer says whether what was offered was accepted. If it was not, it must never
// arrive.
func (s *Stream) Answer(accepted bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if accepted {
		s.accepted = len(s.entries)
	} else if s.delivered > s.accepted {
		s.fail("message %d was refused, and has arrived", s.delivered-1)
	}
	s.entries = s.entries[:s.accepted]
}

// message is what message n looks like: what it says of itself, over and over.
func (s *Stream) message(n int) []byte {
	e := s.entries[n]
	msg := make([]byte, e.size)
	binary.BigEndian.PutUint32(msg, s.id)
	binary.BigEndian.PutUint32(msg[4:], uint32(n))
	binary.BigEndian.PutUint32(msg[8:], e.attempt)
	for have := headerSize; have < e.size; have *= 2 {
		copy(msg[have:], msg[:have])
	}
	return msg
}

// Deliver says that the receiver was handed msg, which must be the next message.
func (s *Stream) Deliver(msg []byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id, ok := StreamOf(msg)
	if !ok || id != s.id {
		s.fail("handed a message of stream %d", id)
		return
	}
	n, attempt := int(binary.BigEndian.Uint32(msg[4:])), binary.BigEndian.Uint32(msg[8:])
	if n < len(s.entries) {
		s.entries[n].copies++
	}
	switch {
	case n != s.delivered:
		s.fail("handed message %d, want %d", n, s.delivered)
	case n >= len(s.entries):
		s.fail("handed message %d, of %d that were sent", n, len(s.entries))
	case attempt != s.entries[n].attempt:
		s.fail("handed message %d of attempt %d, which was refused", n, attempt)
	case !bytes.Equal(msg, s.message(n)):
		s.fail("message %d was changed", n)
	}
	s.delivered++
}

// Ask says that the receiver may be done with all that it was handed, from now on;
// Consume says that it certainly is, and was before what it does next.
func (s *Stream) Ask() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.perhaps = s.delivered
}

// Consume says that the receiver is done with all that it has asked for more
// after.
func (s *Stream) Consume() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.consumed = s.perhaps
}

// ID is the number of the stream.
func (s *Stream) ID() uint32 { return s.id }

// Accepted is how many messages have been accepted.
func (s *Stream) Accepted() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.accepted
}

// Acknowledged says that the sender was told that the first n messages have been
// consumed.
func (s *Stream) Acknowledged(n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if n > s.most() {
		s.fail("%d messages are acknowledged, %d were consumed", n, s.perhaps)
	}
}

// Loosen says that others may end what the receiver receives from: whatever it is
// at work on then, may count as consumed.
func (s *Stream) Loosen() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.loose = true
}

// most is how many messages may have been consumed.
func (s *Stream) most() int {
	if s.loose {
		return s.delivered
	}
	return s.perhaps
}

// Report says that the sender was told that the last messages, in order, have
// perhaps arrived, or certainly were not consumed. Those before are taken for
// consumed. It may be repeated, to hold it against what has happened since.
func (s *Stream) Report(unknown, undelivered [][]byte) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.reported = len(unknown) + len(undelivered)
	sure := s.accepted - s.reported
	switch {
	case sure < 0:
		s.fail("%d messages are reported of %d", s.accepted-sure, s.accepted)
		return
	case sure > s.most():
		s.fail("%d messages are taken for consumed, %d were", sure, s.perhaps)
	case sure+len(unknown) < s.consumed:
		s.fail("message %d is undelivered, and %d were consumed", sure+len(unknown), s.consumed)
	}
	for i, msg := range append(unknown[:len(unknown):len(unknown)], undelivered...) {
		if !bytes.Equal(msg, s.message(sure+i)) {
			s.fail("what is reported as message %d is not it", sure+i)
		}
	}
}

// Settled says that all should have arrived and been consumed by now.
func (s *Stream) Settled() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.delivered != s.accepted {
		s.fail("%d messages were accepted, %d have arrived", s.accepted, s.delivered)
	}
}

// Tally is how many messages were accepted and have neither arrived nor been
// reported, and how many arrivals there were of such as had arrived before.
func (s *Stream) Tally() (lost, doubled int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for n, e := range s.entries {
		switch {
		case e.copies > 0:
			doubled += int(e.copies) - 1
		case n < s.accepted-s.reported:
			lost++
		}
	}
	return lost, doubled
}

// Err is the first thing that did not agree with the others, nil if all has.
func (s *Stream) Err() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.err
}

func (s *Stream) fail(format string, args ...any) {
	if s.err == nil {
		s.err = fmt.Errorf("stream %d: "+format, append([]any{s.id}, args...)...)
	}
}
