package wsconn_test

import (
	"bytes"
	"encoding/binary"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/wsconn"
)

// Opcodes, and what stands beside them in a frame's first byte.
const (
	cont, text, binaryOp  = 0x0, 0x1, 0x2
	closeOp, pingOp, pong = 0x8, 0x9, 0xa
	fin                   = 0x80
)

// frame is a masked frame. It is made here by hand, so that the package's own
// idea of one is not what it is tested against.
func frame(first byte, payload string) []byte {
	return frameOf(first, uint64(len(payload)), 0, payload)
}

// frameOf also says how long the frame claims to be, and in how many bytes it
// says so: 0, 2 or 8, or 0 for the fewest.
func frameOf(first byte, length uint64, width int, payload string) []byte {
	mask := [4]byte{0x11, 0x22, 0x33, 0x44}
	b := []byte{first}
	switch {
	case width == 8 || width == 0 && length > 0xffff:
		b = binary.BigEndian.AppendUint64(append(b, 0x80|127), length)
	case width == 2 || width == 0 && length > 125:
		b = binary.BigEndian.AppendUint16(append(b, 0x80|126), uint16(length))
	default:
		b = append(b, 0x80|byte(length))
	}
	b = append(b, mask[:]...)
	for i := range len(payload) {
		b = append(b, payload[i]^mask[i%4])
	}
	return b
}

// plain is a frame without a mask, of at most 125 bytes.
func plain(first byte, payload string) []byte {
	return append([]byte{first, byte(len(payload))}, payload...)
}

func closing(code uint16, reason string) []byte {
	return frame(fin|closeOp, string(binary.BigEndian.AppendUint16(nil, code))+reason)
}

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

var long = strings.Repeat("long ", 20_000)

// streams are what clients may send, and what a server of messages up to
// 200,000 bytes makes of it.
var streams = map[string]struct {
	in   []byte
	out  string
	code int // of the close frame that answers it; 0 for none
}{
	"one message":                    {in: frame(fin|binaryOp, "message"), out: "message"},
	"an empty message":               {in: join(frame(fin|binaryOp, ""), frame(fin|binaryOp, "x")), out: "x"},
	"two messages":                   {in: join(frame(fin|binaryOp, "one "), frame(fin|binaryOp, "two")), out: "one two"},
	"16 bits of length":              {in: frame(fin|binaryOp, long[:300]), out: long[:300]},
	"64 bits of length":              {in: frame(fin|binaryOp, long), out: long},
	"a length in more bits":          {in: join(frameOf(fin|binaryOp, 3, 8, "abc"), frameOf(fin|binaryOp, 1, 2, "d")), out: "abcd"},
	"fragments":                      {in: join(frame(binaryOp, "a"), frame(cont, "b"), frame(fin|cont, "c"), frame(fin|binaryOp, "d")), out: "abcd"},
	"empty fragments":                {in: join(frame(binaryOp, ""), frame(cont, ""), frame(cont, "b"), frame(fin|cont, "")), out: "b"},
	"control frames among fragments": {in: join(frame(binaryOp, "a"), frame(fin|pingOp, "p"), frame(cont, "b"), frame(fin|pong, "q"), frame(fin|cont, "c")), out: "abc"},
	"a pong nobody asked for":        {in: join(frame(fin|pong, "q"), frame(fin|binaryOp, "x")), out: "x"},

	"close":                        {in: frame(fin|closeOp, ""), code: 1000},
	"close within a message":       {in: join(frame(binaryOp, "a"), closing(1000, "")), out: "a", code: 1000},
	"close, and more":              {in: join(frame(fin|binaryOp, "a"), closing(1001, "away"), frame(fin|binaryOp, "b")), out: "a", code: 1000},
	"close for an application":     {in: closing(4321, "why not"), code: 1000},
	"close of one byte":            {in: frame(fin|closeOp, "x"), code: 1002},
	"close with 0":                 {in: closing(0, ""), code: 1002},
	"close with 999":               {in: closing(999, ""), code: 1002},
	"close with 1004":              {in: closing(1004, ""), code: 1002},
	"close with 1005":              {in: closing(1005, ""), code: 1002},
	"close with 1006":              {in: closing(1006, ""), code: 1002},
	"close with 1015":              {in: closing(1015, ""), code: 1002},
	"close with 2999":              {in: closing(2999, ""), code: 1002},
	"close with a broken reason":   {in: closing(1000, "\xff"), code: 1007},
	"close in fragments":           {in: frame(closeOp, ""), code: 1002},
	"text":                         {in: frame(fin|text, "message"), code: 1003},
	"text behind a message":        {in: join(frame(fin|binaryOp, "a"), frame(fin|text, "b")), out: "a", code: 1003},
	"no mask":                      {in: plain(fin|binaryOp, "message"), code: 1002},
	"ping without mask":            {in: plain(fin|pingOp, ""), code: 1002},
	"compressed":                   {in: frame(fin|0x40|binaryOp, "message"), code: 1002},
	"second reserved bit":          {in: frame(fin|0x20|binaryOp, "message"), code: 1002},
	"third reserved bit":           {in: frame(fin|0x10|binaryOp, "message"), code: 1002},
	"reserved opcode":              {in: frame(fin|3, "message"), code: 1002},
	"reserved control opcode":      {in: frame(fin|0xb, ""), code: 1002},
	"continuation of nothing":      {in: frame(fin|cont, "message"), code: 1002},
	"continuation behind the end":  {in: join(frame(fin|binaryOp, "a"), frame(fin|cont, "b")), out: "a", code: 1002},
	"a message within another":     {in: join(frame(binaryOp, "a"), frame(fin|binaryOp, "b")), out: "a", code: 1002},
	"text within a message":        {in: join(frame(binaryOp, "a"), frame(fin|text, "b")), out: "a", code: 1002},
	"ping in fragments":            {in: frame(pingOp, "a"), code: 1002},
	"ping of 126 bytes":            {in: frame(fin|pingOp, long[:126]), code: 1002},
	"63 bits of length":            {in: frameOf(fin|binaryOp, 1<<63-1, 8, "x"), code: 1009},
	"the 64th bit of length":       {in: frameOf(fin|binaryOp, 1<<63, 8, "x"), code: 1002},
	"a message of the limit":       {in: join(frame(binaryOp, long), frame(fin|cont, long)), out: long + long},
	"a message over the limit":     {in: frameOf(fin|binaryOp, 200_001, 8, "x"), code: 1009},
	"fragments over the limit":     {in: join(frame(binaryOp, long), frame(cont, long), frame(fin|cont, "x")), out: long + long, code: 1009},
	"fragments over 64 bits":       {in: join(frame(binaryOp, "a"), frameOf(fin|cont, 1<<63-1, 8, "x")), out: "a", code: 1009},
	"HTTP":                         {in: []byte("GET / HTTP/1.1\r\n\r\n"), code: 1002},
	"a session without WebSocket":  {in: []byte("\x00\x00\x00\x3a\x01LSPL\x01"), code: 1002},
	"nothing but zeros":            {in: make([]byte, 100), code: 1002},
	"nothing but ones":             {in: bytes.Repeat([]byte{0xff}, 100), code: 1002},
	"a ping of 125, the most":      {in: join(frame(fin|pingOp, long[:125]), frame(fin|binaryOp, "x")), out: "x"},
	"a message behind a long ping": {in: join(frame(fin|pingOp, ""), frame(fin|binaryOp, "x")), out: "x"},
}

const streamLimit = 200_000

// decodeIn feeds a stream in pieces whose sizes cut gives, and returns what it
// carried.
func decodeIn(d *wsconn.Decoder, in []byte, cut func() int) (out []byte) {
	for rest := bytes.Clone(in); len(rest) > 0; {
		n := min(max(cut(), 1), len(rest))
		out = append(out, rest[:d.Decode(rest[:n])]...)
		rest = rest[n:]
	}
	return out
}

func TestDecode(t *testing.T) {
	for name, s := range streams {
		t.Run(name, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(1, 2))
			for how, cut := range map[string]func() int{
				"whole":         func() int { return len(s.in) },
				"byte for byte": func() int { return 1 },
				"at random":     func() int { return 1 + rng.IntN(20) },
			} {
				d := wsconn.NewDecoder(true, streamLimit)
				require.Equal(t, s.out, string(decodeIn(d, s.in, cut)), how)
				var broke *wsconn.CloseError
				switch err := d.Ended(); {
				case s.code == 0:
					require.NoError(t, err, how)
				case name == "close for an application":
					require.Equal(t, &wsconn.CloseError{Code: 4321, Reason: "why not", Remote: true}, err, how)
				case s.code == 1000:
					require.Equal(t, io.EOF, err, how)
				default:
					require.ErrorAs(t, err, &broke, how)
					require.Equal(t, s.code, broke.Code, how)
					require.False(t, broke.Remote, how)
					require.NotEmpty(t, broke.Reason, how)
				}
			}
		})
	}
}

// A client refuses what only clients send.
func TestDecodeOfAClient(t *testing.T) {
	d := wsconn.NewDecoder(false, 0)
	require.Equal(t, "x", string(decodeIn(d, plain(fin|binaryOp, "x"), func() int { return 1 })))
	require.NoError(t, d.Ended())
	require.Zero(t, d.Decode(frame(fin|binaryOp, "x")))
	var broke *wsconn.CloseError
	require.ErrorAs(t, d.Ended(), &broke)
	require.Equal(t, 1002, broke.Code)
}

func TestDecodeKeepsTheLatestPing(t *testing.T) {
	d := wsconn.NewDecoder(true, 0)
	for range 1000 {
		require.Zero(t, d.Decode(frame(fin|pingOp, long[:125])))
		require.Equal(t, 125, d.Held())
	}
	require.Zero(t, d.Decode(frame(fin|pingOp, "last")))
	require.Equal(t, "last", string(d.Ping()))
	require.Zero(t, d.Decode(frame(fin|pingOp, "")))
	require.NotNil(t, d.Ping(), "an empty ping is answered, too")
}

// FuzzDecode: however a stream is cut, it carries the same, and no more is kept
// of it than a control frame.
func FuzzDecode(f *testing.F) {
	for _, s := range streams {
		f.Add(s.in[:min(len(s.in), 1000)], uint64(1), true)
	}
	f.Add(plain(fin|binaryOp, "x"), uint64(1), false)
	f.Fuzz(func(t *testing.T, in []byte, seed uint64, server bool) {
		whole := wsconn.NewDecoder(server, 1000)
		want := decodeIn(whole, in, func() int { return len(in) })
		rng := rand.New(rand.NewPCG(seed, seed))
		cut := wsconn.NewDecoder(server, 1000)
		got := decodeIn(cut, in, func() int { return 1 + rng.IntN(1+int(seed%30)) })
		if !bytes.Equal(got, want) || len(got) > len(in) {
			t.Fatalf("%d bytes in one piece, %d in many", len(want), len(got))
		}
		a, b := whole.Ended(), cut.Ended()
		if (a == nil) != (b == nil) || a != nil && a.Error() != b.Error() {
			t.Fatalf("%v in one piece, %v in many", a, b)
		}
		if !bytes.Equal(whole.Ping(), cut.Ping()) || cut.Held() > 250 {
			t.Fatalf("ping %q in one piece, %q in many; %d bytes held", whole.Ping(), cut.Ping(), cut.Held())
		}
	})
}
