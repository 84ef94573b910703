package wire

import (
	"bytes"
	"encoding/binary"
	"time"
)

// Magic begins every HELLO, and Version follows it.
const (
	Magic        = "LSPL"
	Version byte = 1
)

// TokenSize is the length of a session token in bytes.
const TokenSize = 32

// Token is the secret that resumes a session.
type Token [TokenSize]byte

// IsZero reports whether there is no token.
func (t Token) IsZero() bool { return t == Token{} }

// ID names a session. It is public: only the token resumes.
type ID [16]byte

// Hello opens a link.
type Hello struct {
	Plain              bool   // the client wants no resumption
	Epoch              uint64 // of the server that issued Token; 0 without one
	Attempt            uint64 // rises with each HELLO of a session
	Received, Consumed uint64 // where the client stands
	Window             uint32 // bytes that it takes unacknowledged
	MaxMessage         uint32 // the longest message that it takes
	Token              Token  // zero: a new session
	Credential         []byte // for the server's authenticator; aliases the input
}

const flagPlain = 1 << 0

// Append appends a HELLO frame.
func (h *Hello) Append(dst []byte) []byte {
	start := len(dst)
	dst = AppendHeader(dst, KindHello, 0)
	dst = append(dst, Magic...)
	dst = append(dst, Version, flag(h.Plain, flagPlain))
	dst = binary.BigEndian.AppendUint64(dst, h.Epoch)
	dst = binary.BigEndian.AppendUint64(dst, h.Attempt)
	dst = binary.BigEndian.AppendUint64(dst, h.Received)
	dst = binary.BigEndian.AppendUint64(dst, h.Consumed)
	dst = binary.BigEndian.AppendUint32(dst, h.Window)
	dst = binary.BigEndian.AppendUint32(dst, h.MaxMessage)
	dst = appendToken(dst, h.Token)
	dst = binary.BigEndian.AppendUint16(dst, uint16(len(h.Credential)))
	dst = append(dst, h.Credential...)
	return setLength(dst, start)
}

// VersionError says that a HELLO is of another version of the protocol.
type VersionError struct{ Got byte }

func (e *VersionError) Error() string { return "peer speaks another version of the protocol" }

// ParseHello parses the body of a HELLO frame.
func ParseHello(body []byte) (Hello, error) {
	d := decoder{p: body}
	if !bytes.Equal(d.bytes(4), []byte(Magic)) {
		return Hello{}, Errorf("HELLO without the magic number")
	}
	if v := d.byte(); !d.failed && v != Version {
		return Hello{}, &VersionError{Got: v}
	}
	h := Hello{
		Plain:   d.byte()&flagPlain != 0,
		Epoch:   d.uint64(),
		Attempt: d.uint64(),
	}
	h.Received, h.Consumed = d.uint64(), d.uint64()
	h.Window, h.MaxMessage = d.uint32(), d.uint32()
	h.Token = d.token()
	h.Credential = d.bytes(int(d.uint16()))
	d.extensions()
	if d.failed {
		return Hello{}, Errorf("HELLO is malformed")
	}
	if h.Consumed > h.Received {
		return Hello{}, Errorf("HELLO has consumed %d of %d received", h.Consumed, h.Received)
	}
	return h, nil
}

// Welcome answers a HELLO that was accepted.
type Welcome struct {
	Resumed            bool
	Epoch              uint64
	ID                 ID
	Received, Consumed uint64 // where the server stands
	Window             uint32
	MaxMessage         uint32
	MinPing            time.Duration // pings more frequent than this are not tolerated
	TTL                time.Duration // a session without a link lives so long
	Token              Token         // for the next HELLO; zero: no resumption
}

const flagResumed = 1 << 0

// Append appends a WELCOME frame.
func (w *Welcome) Append(dst []byte) []byte {
	start := len(dst)
	dst = AppendHeader(dst, KindWelcome, 0)
	dst = append(dst, Version, flag(w.Resumed, flagResumed))
	dst = binary.BigEndian.AppendUint64(dst, w.Epoch)
	dst = append(dst, w.ID[:]...)
	dst = binary.BigEndian.AppendUint64(dst, w.Received)
	dst = binary.BigEndian.AppendUint64(dst, w.Consumed)
	dst = binary.BigEndian.AppendUint32(dst, w.Window)
	dst = binary.BigEndian.AppendUint32(dst, w.MaxMessage)
	dst = binary.BigEndian.AppendUint32(dst, millis(w.MinPing))
	dst = binary.BigEndian.AppendUint32(dst, millis(w.TTL))
	dst = appendToken(dst, w.Token)
	return setLength(dst, start)
}

// ParseWelcome parses the body of a WELCOME frame.
func ParseWelcome(body []byte) (Welcome, error) {
	d := decoder{p: body}
	if v := d.byte(); !d.failed && v != Version {
		return Welcome{}, &VersionError{Got: v}
	}
	w := Welcome{Resumed: d.byte()&flagResumed != 0, Epoch: d.uint64()}
	copy(w.ID[:], d.bytes(len(w.ID)))
	w.Received, w.Consumed = d.uint64(), d.uint64()
	w.Window, w.MaxMessage = d.uint32(), d.uint32()
	w.MinPing = time.Duration(d.uint32()) * time.Millisecond
	w.TTL = time.Duration(d.uint32()) * time.Millisecond
	w.Token = d.token()
	d.extensions()
	if d.failed {
		return Welcome{}, Errorf("WELCOME is malformed")
	}
	if w.Consumed > w.Received {
		return Welcome{}, Errorf("WELCOME has consumed %d of %d received", w.Consumed, w.Received)
	}
	return w, nil
}

// RefuseCode says why a HELLO was refused.
type RefuseCode uint16

// The reasons for a refusal. RefuseUnknown covers whatever is wrong with a
// token, so that a stranger learns nothing from trying one.
const (
	RefuseVersion   RefuseCode = 1 // the server does not speak this version
	RefuseIdentity  RefuseCode = 2 // the credential was not accepted
	RefuseUnknown   RefuseCode = 3 // no such session
	RefuseEpoch     RefuseCode = 4 // the server has restarted: the session is gone
	RefuseBusy      RefuseCode = 5 // a limit is reached: come back later
	RefuseGoingAway RefuseCode = 6 // the server takes no new sessions
	RefuseProtocol  RefuseCode = 7 // the positions cannot be: the session is over
	RefuseStale     RefuseCode = 8 // a newer HELLO of this session has been seen
)

// Refuse answers a HELLO that was not accepted; the link is closed behind it.
type Refuse struct {
	Code   RefuseCode
	Epoch  uint64
	Retry  GoAway // when to try again, where that helps
	Reason string
}

// Append appends a REFUSE frame.
func (r *Refuse) Append(dst []byte) []byte {
	reason := ClampReason(r.Reason)
	dst = AppendHeader(dst, KindRefuse, 18+len(reason))
	dst = binary.BigEndian.AppendUint16(dst, uint16(r.Code))
	dst = binary.BigEndian.AppendUint64(dst, r.Epoch)
	dst = binary.BigEndian.AppendUint32(dst, millis(r.Retry.Min))
	dst = binary.BigEndian.AppendUint32(dst, millis(r.Retry.Max))
	return append(dst, reason...)
}

// ParseRefuse parses the body of a REFUSE frame.
func ParseRefuse(body []byte) (Refuse, error) {
	d := decoder{p: body}
	r := Refuse{Code: RefuseCode(d.uint16()), Epoch: d.uint64()}
	retry := d.bytes(8)
	if d.failed {
		return Refuse{}, Errorf("REFUSE is malformed")
	}
	var err error
	if r.Retry, err = ParseGoAway(retry); err != nil {
		return Refuse{}, err
	}
	r.Reason, err = parseReason(d.p)
	return r, err
}
