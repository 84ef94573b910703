package wsconn

import (
	"encoding/binary"
	"fmt"
	"io"
	"unicode/utf8"

	"github.com/gobwas/ws"
)

// A decoder takes the frames of RFC 6455 off a stream of bytes. It works in
// place, does no IO and keeps no payload: the stream may be cut anywhere, so
// that its owner may stop reading at any byte.
type decoder struct {
	max int64 // longest message in bytes, 0 for no limit

	state ws.State               // which side this is, and whether a message is under way
	head  [ws.MaxHeaderSize]byte // the header as far as it has come
	have  uint8
	op    ws.OpCode // of the frame under way
	mask  [4]byte
	pos   uint8 // where in the mask the next byte of its payload stands
	left  int64 // bytes of its payload that have not come
	size  int64 // of the message so far, by its headers
	ctl   []byte
	ping  *[]byte // the latest ping that has not been taken
	ended error   // why nothing more counts: io.EOF or *CloseError
}

// decode replaces what was received in p by what it carries, and returns how
// many bytes that is. Once d.ended is set, what comes is dropped.
func (d *decoder) decode(p []byte) (n int) {
	for r := 0; r < len(p) && d.ended == nil; {
		if d.left == 0 {
			d.head[d.have] = p[r]
			d.have++
			r++
			if int(d.have) == headerSize(d.head[:d.have]) {
				d.have = 0
				d.begin()
			}
			continue
		}
		k := int(min(d.left, int64(len(p)-r)))
		payload := p[r : r+k]
		if d.state.ServerSide() {
			ws.Cipher(payload, d.mask, int(d.pos))
		}
		if d.op.IsControl() {
			d.ctl = append(d.ctl, payload...)
		} else {
			n += copy(p[n:], payload)
		}
		r += k
		d.pos = uint8(int(d.pos)+k) & 3
		if d.left -= int64(k); d.left == 0 && d.op.IsControl() {
			d.control()
		}
	}
	return n
}

// headerSize is how long the header that begins with p is, as far as p tells.
func headerSize(p []byte) int {
	if len(p) < 2 {
		return 2
	}
	size := 2
	switch p[1] & 0x7f {
	case 126:
		size += 2
	case 127:
		size += 8
	}
	if p[1]&0x80 != 0 {
		size += 4
	}
	return size
}

// begin begins the frame whose header is complete.
func (d *decoder) begin() {
	h := ws.Header{
		Fin:    d.head[0]&0x80 != 0,
		Rsv:    d.head[0] >> 4 & 7,
		OpCode: ws.OpCode(d.head[0] & 0x0f),
		Masked: d.head[1]&0x80 != 0,
	}
	rest := d.head[2:]
	switch length := d.head[1] & 0x7f; length {
	case 126:
		h.Length, rest = int64(binary.BigEndian.Uint16(rest)), rest[2:]
	case 127:
		h.Length, rest = int64(binary.BigEndian.Uint64(rest)), rest[8:]
	default:
		h.Length = int64(length)
	}
	if h.Length < 0 {
		d.refuse(ws.StatusProtocolError, ws.ErrHeaderLengthMSB.Error())
		return
	}
	if err := ws.CheckHeader(h, d.state); err != nil {
		d.refuse(ws.StatusProtocolError, err.Error())
		return
	}
	if h.OpCode == ws.OpText {
		d.refuse(ws.StatusUnsupportedData, "text messages are not taken")
		return
	}
	d.op, d.left, d.pos = h.OpCode, h.Length, 0
	copy(d.mask[:], rest) // means nothing if the frame is not masked
	if h.OpCode.IsControl() {
		if h.Length == 0 {
			d.control()
		}
		return
	}
	if d.max > 0 && h.Length > d.max-d.size {
		d.refuse(ws.StatusMessageTooBig, fmt.Sprintf("message longer than MaxMessage of %d bytes", d.max))
		return
	}
	d.size += h.Length
	d.state = d.state.Set(ws.StateFragmented)
	if h.Fin {
		d.size, d.state = 0, d.state.Clear(ws.StateFragmented)
	}
}

// control acts on a control frame that is complete.
func (d *decoder) control() {
	payload := d.ctl
	d.ctl = nil
	switch d.op {
	case ws.OpPing:
		d.ping = &payload // only the latest has to be answered
	case ws.OpClose:
		d.close(payload)
	}
}

// close acts on the peer's close frame.
func (d *decoder) close(payload []byte) {
	if len(payload) == 0 {
		d.ended = io.EOF
		return
	}
	code, reason := ws.ParseCloseFrameData(payload)
	switch err := ws.CheckCloseFrameData(code, reason); {
	case len(payload) > 2 && !utf8.ValidString(reason):
		d.refuse(ws.StatusInvalidFramePayloadData, err.Error())
	case err != nil:
		d.refuse(ws.StatusProtocolError, err.Error())
	case code == ws.StatusNormalClosure || code == ws.StatusGoingAway:
		d.ended = io.EOF
	default:
		d.ended = &CloseError{Code: int(code), Reason: reason, Remote: true}
	}
}

// refuse ends the connection because of what the peer has sent.
func (d *decoder) refuse(code ws.StatusCode, why string) {
	d.left = 0
	d.ended = &CloseError{Code: int(code), Reason: why}
}
