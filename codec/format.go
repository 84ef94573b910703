package codec

import "slices"

// DefaultMax is the largest payload in bytes, 1 MiB, where [Format].Max is 0.
const DefaultMax = 1 << 20

// Prefix is the width of the length prefix in bytes: 1, 2, 3, 4 or 8, or
// [PrefixVarint]. Zero means four.
type Prefix int8

// The prefixes, with the largest length that each expresses.
const (
	Prefix1 Prefix = 1 // 255
	Prefix2 Prefix = 2 // 65,535
	Prefix3 Prefix = 3 // 16,777,215
	Prefix4 Prefix = 4 // 4,294,967,295; the default
	Prefix8 Prefix = 8 // 2⁶⁴ − 1

	// PrefixVarint is the unsigned LEB128 of protobuf: seven bits a byte, the
	// least significant first, the top bit set in all bytes but the last; up
	// to 2⁶⁴ − 1 in one to ten bytes. Only the shortest encoding is accepted,
	// so every frame has exactly one spelling.
	PrefixVarint Prefix = -1
)

// Format says how a frame looks on the wire; the package documentation draws
// it. Both ends must use the same Format, except for Max. The zero value is
// usable: a prefix of four bytes, big-endian, that counts the payload alone, no
// checksum, and at most 1 MiB.
//
// A Format is a plain value: copy it, compare it, use it from any number of
// goroutines.
type Format struct {
	// Prefix is the width of the length; zero means four bytes.
	Prefix Prefix

	// LittleEndian turns the order of the bytes of the prefix and of the
	// checksum. A varint has an order of its own and is not affected; its
	// checksum is.
	LittleEndian bool

	// Inclusive makes the length count the bytes of the prefix as well. With
	// PrefixVarint it is refused with [ErrFormat]: the width of a varint
	// depends on its value, and peers do not agree on such a thing.
	Inclusive bool

	// CRC appends a checksum of four bytes: CRC-32C (Castagnoli) over every
	// byte of the frame before it, prefix and payload. The length counts the
	// checksum, so a peer or proxy that knows nothing of it still finds the
	// next frame.
	CRC bool

	// Max is the largest payload in bytes, without prefix and checksum, in
	// both directions. 0 means [DefaultMax]; negative means no limit but what
	// the prefix and an int can express, which lets a peer fill the memory,
	// and so is for trusted peers only. A Max over what the prefix can
	// express is no error; the lesser of both holds.
	Max int
}

// Append appends the frame of p to dst and returns the extended slice. An
// empty or nil p is a frame too. The slice p is only read, and must not lie in
// the spare capacity of dst.
//
// On an error dst is returned as it was: [*SizeError] for a p over the limit,
// [ErrFormat] for a Format that means nothing.
func (f Format) Append(dst, p []byte) ([]byte, error) {
	l, err := f.layout()
	if err != nil {
		return dst, err
	}
	if err := l.admit(len(p)); err != nil {
		return dst, err
	}
	return l.append(dst, p), nil
}

// Size returns how many bytes the frame of a payload of n bytes takes. It lets
// a caller refuse a message before building it, and size a buffer for several.
// Errors are those of [Format.Append]; a negative n panics, as make does.
func (f Format) Size(n int) (int, error) {
	if n < 0 {
		panic("codec: Format.Size of a negative length")
	}
	l, err := f.layout()
	if err != nil {
		return 0, err
	}
	if err := l.admit(n); err != nil {
		return 0, err
	}
	return l.size(n), nil
}

// admit refuses a payload of this side that is over the limit.
func (l *layout) admit(n int) error {
	if n > l.max {
		return &SizeError{Size: uint64(n), Max: l.max}
	}
	return nil
}

// size is the length of the whole frame of n bytes, which admit let pass.
func (l *layout) size(n int) int {
	return l.head(n) + n + l.trailer
}

// append encodes p, which admit let pass.
func (l *layout) append(dst, p []byte) []byte {
	start := len(dst)
	dst = slices.Grow(dst, l.size(len(p)))
	dst = l.appendLength(dst, uint64(len(p))+l.counted)
	dst = append(dst, p...)
	if l.trailer > 0 {
		dst = l.appendSum(dst, dst[start:])
	}
	return dst
}
