package wire

import (
	"encoding/binary"
	"math"
	"time"
	"unicode/utf8"
)

// Ack says where its sender stands: the positions that it has received and
// that its application has consumed, and its own sent position at this point
// of the stream, which the receiver must have counted to the same value.
type Ack struct {
	Received, Consumed, Sent uint64
}

// Append appends an ACK frame.
func (a Ack) Append(dst []byte) []byte {
	dst = AppendHeader(dst, KindAck, 24)
	dst = binary.BigEndian.AppendUint64(dst, a.Received)
	dst = binary.BigEndian.AppendUint64(dst, a.Consumed)
	return binary.BigEndian.AppendUint64(dst, a.Sent)
}

// ParseAck parses the body of an ACK frame.
func ParseAck(body []byte) (Ack, error) {
	if len(body) != 24 {
		return Ack{}, Errorf("ACK body of %d bytes, want 24", len(body))
	}
	return Ack{
		Received: binary.BigEndian.Uint64(body),
		Consumed: binary.BigEndian.Uint64(body[8:]),
		Sent:     binary.BigEndian.Uint64(body[16:]),
	}, nil
}

// AppendAckReq appends an ACKREQ frame.
func AppendAckReq(dst []byte) []byte { return AppendHeader(dst, KindAckReq, 0) }

// AppendNonce appends a PING or PONG frame.
func AppendNonce(dst []byte, k Kind, nonce uint64) []byte {
	dst = AppendHeader(dst, k, 8)
	return binary.BigEndian.AppendUint64(dst, nonce)
}

// ParseNonce parses the body of a PING or PONG frame.
func ParseNonce(body []byte) (uint64, error) {
	if len(body) != 8 {
		return 0, Errorf("ping or pong body of %d bytes, want 8", len(body))
	}
	return binary.BigEndian.Uint64(body), nil
}

// GoAway asks the client to end its session in good order and to come back
// with a new one after a time drawn evenly from [Min, Max].
type GoAway struct {
	Min, Max time.Duration
}

// Append appends a GOAWAY frame; times are carried in milliseconds.
func (g GoAway) Append(dst []byte) []byte {
	dst = AppendHeader(dst, KindGoAway, 8)
	dst = binary.BigEndian.AppendUint32(dst, millis(g.Min))
	return binary.BigEndian.AppendUint32(dst, millis(g.Max))
}

// ParseGoAway parses the body of a GOAWAY frame.
func ParseGoAway(body []byte) (GoAway, error) {
	if len(body) < 8 {
		return GoAway{}, Errorf("GOAWAY body of %d bytes, want 8", len(body))
	}
	g := GoAway{Min: fromMillis(body), Max: fromMillis(body[4:])}
	if g.Max < g.Min {
		return GoAway{}, Errorf("GOAWAY range from %v to %v", g.Min, g.Max)
	}
	return g, nil
}

// Open, as Close.Consumed, says that the sender of the CLOSE still consumes:
// only its own direction has ended.
const Open = math.MaxUint64

// Close ends a session: nothing comes after Final, and nothing past Consumed
// will be consumed.
type Close struct {
	Code            uint16
	Final, Consumed uint64
	Reason          string
}

// Append appends a CLOSE frame. A reason over MaxReason is cut at a rune.
func (c Close) Append(dst []byte) []byte {
	reason := ClampReason(c.Reason)
	dst = AppendHeader(dst, KindClose, 18+len(reason))
	dst = binary.BigEndian.AppendUint16(dst, c.Code)
	dst = binary.BigEndian.AppendUint64(dst, c.Final)
	dst = binary.BigEndian.AppendUint64(dst, c.Consumed)
	return append(dst, reason...)
}

// ParseClose parses the body of a CLOSE frame.
func ParseClose(body []byte) (Close, error) {
	if len(body) < 18 {
		return Close{}, Errorf("CLOSE body of %d bytes, want at least 18", len(body))
	}
	reason, err := parseReason(body[18:])
	return Close{
		Code:     binary.BigEndian.Uint16(body),
		Final:    binary.BigEndian.Uint64(body[2:]),
		Consumed: binary.BigEndian.Uint64(body[10:]),
		Reason:   reason,
	}, err
}

// ClampReason cuts s to MaxReason bytes at a rune boundary and makes it valid
// UTF-8.
func ClampReason(s string) string {
	if !utf8.ValidString(s) {
		s = string([]rune(s))
	}
	if len(s) <= MaxReason {
		return s
	}
	n := MaxReason
	for !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

func parseReason(p []byte) (string, error) {
	if len(p) > MaxReason {
		return "", Errorf("reason of %d bytes, limit %d", len(p), MaxReason)
	}
	if !utf8.Valid(p) {
		return "", Errorf("reason is not valid UTF-8")
	}
	return string(p), nil
}

// millis rounds up, so that a wait that is not zero stays one.
func millis(d time.Duration) uint32 {
	if d <= 0 {
		return 0
	}
	ms := (uint64(d) + uint64(time.Millisecond) - 1) / uint64(time.Millisecond)
	return uint32(min(ms, math.MaxUint32))
}

func fromMillis(p []byte) time.Duration {
	return time.Duration(binary.BigEndian.Uint32(p)) * time.Millisecond
}
