package codec

import (
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"math"
	"math/bits"
)

const (
	sumSize   = crc32.Size
	maxVarint = binary.MaxVarintLen64
	// maxOverhead is set aside below the largest int, so that the size of a
	// frame whose payload was admitted never overflows, on 32 bits either.
	maxOverhead = maxVarint + sumSize
)

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// layout is a checked Format with its arithmetic done.
type layout struct {
	width   int    // of the prefix in bytes; 0 for a varint
	trailer int    // bytes of checksum
	counted uint64 // what the length counts besides the payload
	max     int    // the largest payload
	little  bool
}

func (f Format) layout() (layout, error) {
	l := layout{little: f.LittleEndian}
	expressible := uint64(math.MaxUint64)
	switch f.Prefix {
	case 0:
		l.width = 4
	case Prefix1, Prefix2, Prefix3, Prefix4, Prefix8:
		l.width = int(f.Prefix)
	case PrefixVarint:
		if f.Inclusive {
			return layout{}, fmt.Errorf("%w: Inclusive has no meaning with PrefixVarint", ErrFormat)
		}
	default:
		return layout{}, fmt.Errorf("%w: no prefix has a width of %d", ErrFormat, f.Prefix)
	}
	if l.width > 0 {
		expressible >>= 64 - 8*l.width
	}
	if f.Inclusive {
		l.counted = uint64(l.width)
	}
	if f.CRC {
		l.trailer = sumSize
		l.counted += sumSize
	}
	limit := uint64(math.MaxInt - maxOverhead)
	switch {
	case f.Max == 0:
		limit = DefaultMax
	case f.Max > 0:
		limit = min(limit, uint64(f.Max))
	}
	l.max = int(min(limit, expressible-l.counted))
	return l, nil
}

// head is the width of the prefix of a payload of n bytes.
func (l *layout) head(n int) int {
	if l.width > 0 {
		return l.width
	}
	return (bits.Len64((uint64(n)+l.counted)|1) + 6) / 7
}

func (l *layout) appendLength(dst []byte, v uint64) []byte {
	if l.width == 0 {
		return binary.AppendUvarint(dst, v)
	}
	var b [8]byte
	if l.little {
		binary.LittleEndian.PutUint64(b[:], v)
		return append(dst, b[:l.width]...)
	}
	binary.BigEndian.PutUint64(b[:], v)
	return append(dst, b[8-l.width:]...)
}

func (l *layout) appendSum(dst, covered []byte) []byte {
	sum := crc32.Checksum(covered, castagnoli)
	if l.little {
		return binary.LittleEndian.AppendUint32(dst, sum)
	}
	return binary.BigEndian.AppendUint32(dst, sum)
}

// intact verifies the checksum that ends the frame.
func (l *layout) intact(frame []byte) bool {
	covered, sum := frame[:len(frame)-sumSize], frame[len(frame)-sumSize:]
	if l.little {
		return crc32.Checksum(covered, castagnoli) == binary.LittleEndian.Uint32(sum)
	}
	return crc32.Checksum(covered, castagnoli) == binary.BigEndian.Uint32(sum)
}

// parse reads the prefix at the start of b: how wide it is, and how long the
// payload behind it. A width of zero asks for more bytes.
func (l *layout) parse(b []byte) (head, payload int, err error) {
	length, head, err := l.length(b)
	if head == 0 || err != nil {
		return 0, 0, err
	}
	// The claim is only ever made smaller before it is compared: there is no
	// sum that a hostile length could overflow.
	if length < l.counted {
		return 0, 0, fmt.Errorf("%w: length %d is less than the %d bytes that every frame counts", ErrMalformed, length, l.counted)
	}
	length -= l.counted
	if length > uint64(l.max) {
		return 0, 0, &SizeError{Size: length, Max: l.max, Remote: true}
	}
	return head, int(length), nil
}

func (l *layout) length(b []byte) (v uint64, head int, err error) {
	if len(b) < l.width {
		return 0, 0, nil
	}
	switch l.width {
	case 0:
		return varint(b)
	case 1:
		v = uint64(b[0])
	case 2:
		if l.little {
			v = uint64(binary.LittleEndian.Uint16(b))
		} else {
			v = uint64(binary.BigEndian.Uint16(b))
		}
	case 3:
		if l.little {
			v = uint64(b[2])<<16 | uint64(b[1])<<8 | uint64(b[0])
		} else {
			v = uint64(b[0])<<16 | uint64(b[1])<<8 | uint64(b[2])
		}
	case 4:
		if l.little {
			v = uint64(binary.LittleEndian.Uint32(b))
		} else {
			v = uint64(binary.BigEndian.Uint32(b))
		}
	case 8:
		if l.little {
			v = binary.LittleEndian.Uint64(b)
		} else {
			v = binary.BigEndian.Uint64(b)
		}
	}
	return v, l.width, nil
}

func varint(b []byte) (v uint64, head int, err error) {
	for i, c := range b {
		if i == maxVarint-1 && c > 1 {
			return 0, 0, fmt.Errorf("%w: varint over 64 bits", ErrMalformed)
		}
		v |= uint64(c&0x7f) << (7 * i)
		if c < 0x80 {
			if c == 0 && i > 0 {
				return 0, 0, fmt.Errorf("%w: varint longer than its value needs", ErrMalformed)
			}
			return v, i + 1, nil
		}
	}
	return 0, 0, nil
}
