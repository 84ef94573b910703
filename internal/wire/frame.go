package wire

import (
	"encoding/binary"
	"fmt"
	"math"
)

// Kind is the first byte of a frame.
type Kind byte

// Frame kinds. Kinds from KindOptional up are extensions that a receiver which
// does not know them skips.
const (
	KindHello   Kind = 0x01
	KindWelcome Kind = 0x02
	KindRefuse  Kind = 0x03

	KindData   Kind = 0x10
	KindAck    Kind = 0x11
	KindAckReq Kind = 0x12
	KindPing   Kind = 0x13
	KindPong   Kind = 0x14
	KindGoAway Kind = 0x15
	KindClose  Kind = 0x16

	KindOptional Kind = 0x80
)

const (
	// HeaderSize is the length of a frame's length field and kind.
	HeaderSize = 5
	// MaxControl is the largest length field of any frame but DATA.
	MaxControl = 4096
	// MaxMessage is the largest message that the format can carry.
	MaxMessage = math.MaxUint32 - 1
	// MaxReason bounds the text in REFUSE and CLOSE, in bytes.
	MaxReason = 128
)

// An Error says how a peer broke the format or the rules of the protocol.
type Error struct{ Detail string }

func (e *Error) Error() string { return "protocol violation by the peer: " + e.Detail }

// Errorf returns an *Error.
func Errorf(format string, args ...any) error {
	return &Error{Detail: fmt.Sprintf(format, args...)}
}

// AppendHeader appends the header of a frame with a body of n bytes.
func AppendHeader(dst []byte, k Kind, n int) []byte {
	size := uint32(n + 1)
	return append(dst, byte(size>>24), byte(size>>16), byte(size>>8), byte(size), byte(k))
}

// AppendData appends a DATA frame.
func AppendData(dst, msg []byte) []byte {
	dst = AppendHeader(dst, KindData, len(msg))
	return append(dst, msg...)
}

// Cut splits the first frame off p. It returns ok false when p holds no whole
// frame yet, and an error as soon as the header shows a frame that no peer may
// send: an empty one, a control frame over MaxControl, a DATA frame whose
// message is longer than maxMessage. body aliases p; size is the whole frame's
// length, which is also what a DATA frame adds to the position. When ok is
// false, size is the length that the frame claims, or 0 where that is unknown.
func Cut(p []byte, maxMessage int) (kind Kind, body []byte, size int, ok bool, err error) {
	if len(p) < 4 {
		return 0, nil, 0, false, nil
	}
	n := binary.BigEndian.Uint32(p)
	if n == 0 {
		return 0, nil, 0, false, Errorf("frame of length zero")
	}
	limit := uint64(max(maxMessage+1, MaxControl))
	if uint64(n) > limit {
		return 0, nil, 0, false, Errorf("frame of %d bytes, limit %d", n, limit)
	}
	size = int(n) + 4
	if len(p) < HeaderSize {
		return 0, nil, size, false, nil
	}
	kind = Kind(p[4])
	if kind == KindData {
		if uint64(n)-1 > uint64(maxMessage) {
			return 0, nil, 0, false, Errorf("message of %d bytes, limit %d", n-1, maxMessage)
		}
	} else if n > MaxControl {
		return 0, nil, 0, false, Errorf("control frame %#x of %d bytes, limit %d", byte(kind), n, MaxControl)
	}
	if len(p) < size {
		return 0, nil, size, false, nil
	}
	return kind, p[HeaderSize:size:size], size, true, nil
}
