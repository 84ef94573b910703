package codec

import (
	"errors"
	"fmt"
)

var (
	// ErrFormat is this side's fault: a [Format] that means nothing, such as
	// a prefix of five bytes. Nothing was read or written.
	ErrFormat = errors.New("codec: invalid Format on this side")

	// ErrMalformed is the peer's fault: a length prefix that no sender of
	// this [Format] writes. The boundary of the next frame is unknown, so the
	// stream is lost.
	ErrMalformed = errors.New("codec: malformed length prefix from the peer")

	// ErrChecksum is the fault of the peer or of what lies between: a frame
	// whose CRC-32C does not match. Its length may be wrong too, so the
	// stream is lost.
	ErrChecksum = errors.New("codec: checksum mismatch in a frame from the peer")

	// ErrBroken is matched by the error of a call on a [Writer] that an
	// earlier write had broken. Nothing of this call was written, so it is
	// safe to send again over another connection. The error matches the
	// earlier write's error too.
	ErrBroken = errors.New("codec: nothing written, an earlier write failed")
)

// SizeError reports a payload over the limit. It was refused before any
// memory was allocated for it.
type SizeError struct {
	// Size is the payload in bytes, without prefix and checksum: what the
	// caller passed, or what the peer claimed.
	Size uint64
	// Max is the limit in bytes: [Format].Max, or what the prefix can
	// express, whichever is less.
	Max int
	// Remote says whose fault it was: true, the peer announced such a frame,
	// and the stream is lost; false, this side's caller passed such a
	// payload, nothing was written, and only that message is lost.
	Remote bool
}

// Error says whose payload it was, its size and the limit.
func (e *SizeError) Error() string {
	if e.Remote {
		return fmt.Sprintf("codec: peer announced a payload of %d bytes, over this side's limit of %d", e.Size, e.Max)
	}
	return fmt.Sprintf("codec: payload of %d bytes passed on this side is over the limit of %d", e.Size, e.Max)
}
