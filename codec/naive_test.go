package codec

import (
	"errors"
	"io"
	"math/big"
)

// naiveErr is the kind of error that ends a stream.
type naiveErr string

const (
	endClean     naiveErr = "end"
	endTruncated naiveErr = "truncated"
	endTooLarge  naiveErr = "too large"
	endMalformed naiveErr = "malformed"
	endChecksum  naiveErr = "checksum"
)

func kindOf(err error) naiveErr {
	var size *SizeError
	switch {
	case err == io.EOF:
		return endClean
	case err == io.ErrUnexpectedEOF:
		return endTruncated
	case errors.As(err, &size) && size.Remote:
		return endTooLarge
	case errors.Is(err, ErrMalformed):
		return endMalformed
	case errors.Is(err, ErrChecksum):
		return endChecksum
	}
	return naiveErr("unexpected: " + err.Error())
}

// naiveDecode is the specification written as plainly as possible: numbers of
// any size, a checksum bit by bit, and the whole stream at hand.
func naiveDecode(f Format, b []byte) (frames [][]byte, end naiveErr) {
	for len(b) > 0 {
		length := new(big.Int)
		head := int(f.Prefix)
		if f.Prefix == PrefixVarint {
			head = 0
			for {
				if head == len(b) {
					return frames, endTruncated
				}
				group := new(big.Int).SetUint64(uint64(b[head] & 127))
				length.Or(length, group.Lsh(group, uint(7*head)))
				head++
				if head == 10 && (b[9] >= 128 || length.BitLen() > 64) {
					return frames, endMalformed
				}
				if b[head-1] < 128 {
					break
				}
			}
			if head > 1 && b[head-1] == 0 {
				return frames, endMalformed
			}
		} else {
			if len(b) < head {
				return frames, endTruncated
			}
			for i := range head {
				c := b[i]
				if f.LittleEndian {
					c = b[head-1-i]
				}
				length.Lsh(length, 8).Or(length, big.NewInt(int64(c)))
			}
		}
		size := new(big.Int).Set(length)
		if f.Inclusive {
			size.Sub(size, big.NewInt(int64(head)))
		}
		trailer := 0
		if f.CRC {
			trailer = 4
			size.Sub(size, big.NewInt(4))
		}
		if size.Sign() < 0 {
			return frames, endMalformed
		}
		if size.Cmp(big.NewInt(int64(f.Max))) > 0 {
			return frames, endTooLarge
		}
		n := int(size.Int64())
		if len(b) < head+n+trailer {
			return frames, endTruncated
		}
		if f.CRC {
			sum := naiveCRC(b[:head+n])
			for i := range 4 {
				shift := 24 - 8*i
				if f.LittleEndian {
					shift = 8 * i
				}
				if b[head+n+i] != byte(sum>>shift) {
					return frames, endChecksum
				}
			}
		}
		frames = append(frames, b[head:head+n])
		b = b[head+n+trailer:]
	}
	return frames, endClean
}

func naiveCRC(b []byte) uint32 {
	sum := ^uint32(0)
	for _, c := range b {
		sum ^= uint32(c)
		for range 8 {
			carry := sum & 1
			sum >>= 1
			if carry == 1 {
				sum ^= 0x82F63B78
			}
		}
	}
	return ^sum
}
