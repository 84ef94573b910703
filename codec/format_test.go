package codec

import (
	"bytes"
	"encoding/hex"
	"math"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestFormatBytesOnTheWire(t *testing.T) {
	for _, c := range []struct {
		name    string
		format  Format
		payload string
		want    string
	}{
		{"zero value", Format{}, "hello", "00000005" + "68656c6c6f"},
		{"empty", Format{}, "", "00000000"},
		{"one byte", Format{Prefix: Prefix1}, "hi", "02" + "6869"},
		{"two", Format{Prefix: Prefix2}, "hi", "0002" + "6869"},
		{"two little", Format{Prefix: Prefix2, LittleEndian: true}, "hi", "0200" + "6869"},
		{"three", Format{Prefix: Prefix3}, "hi", "000002" + "6869"},
		{"three little inclusive", Format{Prefix: Prefix3, LittleEndian: true, Inclusive: true}, "hi", "050000" + "6869"},
		{"four little", Format{LittleEndian: true}, "hi", "02000000" + "6869"},
		{"four inclusive", Format{Prefix: Prefix4, Inclusive: true}, "hi", "00000006" + "6869"},
		{"eight", Format{Prefix: Prefix8}, "hi", "0000000000000002" + "6869"},
		{"eight little", Format{Prefix: Prefix8, LittleEndian: true}, "hi", "0200000000000000" + "6869"},
		{"varint", Format{Prefix: PrefixVarint}, "hi", "02" + "6869"},
		{"varint has its own order", Format{Prefix: PrefixVarint, LittleEndian: true}, "hi", "02" + "6869"},
		// TestCastagnoliVectors holds naiveCRC to the published values.
		{"sum of an empty frame", Format{CRC: true}, "", "00000004" + sumOf("00000004", false)},
		{"sum and inclusive", Format{CRC: true, Inclusive: true}, "hi", "0000000a" + "6869" + sumOf("0000000a6869", false)},
		{"sum little", Format{CRC: true, LittleEndian: true}, "hi", "06000000" + "6869" + sumOf("060000006869", true)},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := c.format.Append([]byte("before"), []byte(c.payload))
			require.NoError(t, err)
			require.Equal(t, "before", string(got[:6]))
			require.Equal(t, c.want, hex.EncodeToString(got[6:]))
		})
	}
}

func sumOf(covered string, little bool) string {
	b, err := hex.DecodeString(covered)
	if err != nil {
		panic(err)
	}
	sum := naiveCRC(b)
	out := []byte{byte(sum >> 24), byte(sum >> 16), byte(sum >> 8), byte(sum)}
	if little {
		out[0], out[1], out[2], out[3] = out[3], out[2], out[1], out[0]
	}
	return hex.EncodeToString(out)
}

// The vectors of RFC 3720, appendix B.4, and the customary check value.
func TestCastagnoliVectors(t *testing.T) {
	ascending := make([]byte, 32)
	for i := range ascending {
		ascending[i] = byte(i)
	}
	for want, in := range map[uint32][]byte{
		0x8A9136AA: make([]byte, 32),
		0x62A8AB43: bytes.Repeat([]byte{0xFF}, 32),
		0x46DD794E: ascending,
		0xE3069283: []byte("123456789"),
	} {
		l, err := Format{CRC: true}.layout()
		require.NoError(t, err)
		require.Equal(t, want, naiveCRC(in), "model, input %x", in)
		require.Equal(t, []byte{byte(want >> 24), byte(want >> 16), byte(want >> 8), byte(want)}, l.appendSum(nil, in), "input %x", in)
	}
}

// A stream of zeros must not look like valid frames: this is why the checksum
// covers the prefix and the length counts the checksum.
func TestZerosAreNotValidFramesWithCRC(t *testing.T) {
	for _, f := range formats() {
		if f.CRC {
			_, err := NewReader(bytes.NewReader(make([]byte, 64)), f).Next()
			require.ErrorIs(t, err, ErrMalformed, f.name())
		}
	}
}

func TestVarintWidths(t *testing.T) {
	for n, head := range map[int]string{
		0: "00", 1: "01", 127: "7f", 128: "8001", 255: "ff01", 300: "ac02", 16383: "ff7f", 16384: "808001", 1 << 20: "808040",
	} {
		got, err := Format{Prefix: PrefixVarint}.Append(nil, make([]byte, n))
		require.NoError(t, err)
		require.Equal(t, head, hex.EncodeToString(got[:len(got)-n]), "length %d", n)
	}
}

func TestLimits(t *testing.T) {
	for _, c := range []struct {
		name   string
		format Format
		max    int
	}{
		{"default", Format{}, 1 << 20},
		{"default, explicit width", Format{Prefix: Prefix4}, 1 << 20},
		{"own", Format{Max: 10}, 10},
		{"one byte", Format{Prefix: Prefix1}, 255},
		{"one byte, unlimited", Format{Prefix: Prefix1, Max: -1}, 255},
		{"one byte, sum", Format{Prefix: Prefix1, CRC: true}, 251},
		{"one byte, sum, inclusive", Format{Prefix: Prefix1, CRC: true, Inclusive: true}, 250},
		{"two bytes", Format{Prefix: Prefix2, Max: math.MaxInt}, 65535},
		{"two bytes, inclusive", Format{Prefix: Prefix2, Inclusive: true}, 65533},
		{"three bytes", Format{Prefix: Prefix3, Max: -1}, 1<<24 - 1},
		{"eight bytes leave room for the overhead in an int", Format{Prefix: Prefix8, Max: -1}, math.MaxInt - 14},
		{"varint", Format{Prefix: PrefixVarint, Max: math.MaxInt}, math.MaxInt - 14},
	} {
		t.Run(c.name, func(t *testing.T) {
			size, err := c.format.Size(c.max)
			require.NoError(t, err)
			require.Greater(t, size, c.max)
			if c.max < math.MaxInt-14 {
				_, err = c.format.Size(c.max + 1)
				var tooLarge *SizeError
				require.ErrorAs(t, err, &tooLarge)
				require.Equal(t, SizeError{Size: uint64(c.max) + 1, Max: c.max}, *tooLarge)
			}
		})
	}
}

func TestSizeIsWhatAppendAppends(t *testing.T) {
	for _, f := range formats() {
		for _, n := range []int{0, 1, 122, 123, 124, 127, 128, 200, 250, 251, 255, 256, 16379, 16380, 16383, 16384, 65535, 65536} {
			size, err := f.Size(n)
			frame, appendErr := f.Append(nil, make([]byte, n))
			require.Equal(t, err, appendErr, "%s, %d bytes", f.name(), n)
			require.Len(t, frame, size, "%s, %d bytes", f.name(), n)
		}
	}
	require.Panics(t, func() { _, _ = Format{}.Size(-1) })
}

func TestAppendLeavesDstOnError(t *testing.T) {
	dst := append(make([]byte, 0, 100), "before"...)
	for _, f := range []Format{{Max: 3}, {Prefix: 5}, {Prefix: -2}, {Prefix: PrefixVarint, Inclusive: true}} {
		got, err := f.Append(dst, []byte("long"))
		require.Error(t, err)
		require.Equal(t, "before", string(got))
		require.Equal(t, make([]byte, 94), got[6:100], "the spare capacity was written to")
	}
}

func TestFormatWithoutMeaningIsRefusedEverywhere(t *testing.T) {
	for _, f := range []Format{{Prefix: 5}, {Prefix: 16}, {Prefix: -2}, {Prefix: PrefixVarint, Inclusive: true}} {
		_, err := f.Append(nil, nil)
		require.ErrorIs(t, err, ErrFormat)
		_, err = f.Size(0)
		require.ErrorIs(t, err, ErrFormat)

		var sink bytes.Buffer
		w := NewWriter(&sink, f)
		require.ErrorIs(t, w.WriteFrame(nil), ErrFormat)
		require.ErrorIs(t, w.WriteBatch([]byte("x")), ErrFormat)
		require.NotErrorIs(t, w.WriteFrame(nil), ErrBroken)
		require.Zero(t, sink.Len())

		r := NewReader(bytes.NewReader(make([]byte, 100)), f)
		r.SetMax(10)
		_, err = r.Next()
		require.ErrorIs(t, err, ErrFormat)
	}
}

func TestSizeErrorSaysWhoseFault(t *testing.T) {
	require.EqualError(t, &SizeError{Size: 12, Max: 10}, "codec: payload of 12 bytes passed on this side is over the limit of 10")
	require.EqualError(t, &SizeError{Size: math.MaxUint64, Max: 10, Remote: true}, "codec: peer announced a payload of 18446744073709551615 bytes, over this side's limit of 10")
}
