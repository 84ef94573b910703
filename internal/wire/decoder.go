package wire

import "encoding/binary"

// decoder reads fixed fields off a body. Once the body runs out every read
// gives zero and failed stays set, so that one check at the end suffices.
type decoder struct {
	p      []byte
	failed bool
}

func (d *decoder) bytes(n int) []byte {
	if len(d.p) < n {
		d.failed, d.p = true, nil
		return nil
	}
	b := d.p[:n:n]
	d.p = d.p[n:]
	return b
}

func (d *decoder) byte() byte {
	if b := d.bytes(1); b != nil {
		return b[0]
	}
	return 0
}

func (d *decoder) uint16() uint16 {
	if b := d.bytes(2); b != nil {
		return binary.BigEndian.Uint16(b)
	}
	return 0
}

func (d *decoder) uint32() uint32 {
	if b := d.bytes(4); b != nil {
		return binary.BigEndian.Uint32(b)
	}
	return 0
}

func (d *decoder) uint64() uint64 {
	if b := d.bytes(8); b != nil {
		return binary.BigEndian.Uint64(b)
	}
	return 0
}

func (d *decoder) token() (t Token) {
	switch d.byte() {
	case 0:
	case TokenSize:
		copy(t[:], d.bytes(TokenSize))
	default:
		d.failed = true
	}
	return t
}

// extensions walks the type-length-value fields at the end of a handshake
// frame. None is defined yet, and unknown ones are skipped.
func (d *decoder) extensions() {
	for len(d.p) > 0 && !d.failed {
		d.uint16()
		d.bytes(int(d.uint16()))
	}
}

func appendToken(dst []byte, t Token) []byte {
	if t.IsZero() {
		return append(dst, 0)
	}
	dst = append(dst, TokenSize)
	return append(dst, t[:]...)
}

func setLength(dst []byte, start int) []byte {
	binary.BigEndian.PutUint32(dst[start:], uint32(len(dst)-start-4))
	return dst
}

func flag(set bool, bit byte) byte {
	if set {
		return bit
	}
	return 0
}
