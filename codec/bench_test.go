package codec

import (
	"bufio"
	"encoding/binary"
	"fmt"
	"io"
	"testing"
)

// endless repeats a stream for ever, as much at a time as it is asked for.
type endless struct {
	stream []byte
	at     int
}

func (e *endless) Read(p []byte) (n int, err error) {
	for n < len(p) {
		c := copy(p[n:], e.stream[e.at:])
		n += c
		e.at = (e.at + c) % len(e.stream)
	}
	return n, nil
}

// repeated is long enough that copying in small pieces is not what is measured.
func repeated(t testing.TB, f Format, size int) *endless {
	frame := encode(t, f, payload(size))
	e := &endless{}
	for len(e.stream) < maxBurst {
		e.stream = append(e.stream, frame...)
	}
	return e
}

var (
	benchSizes   = []int{64, 1 << 10, 64 << 10, 1 << 20}
	benchFormats = []struct {
		name   string
		format Format
	}{
		{"uint32", Format{}},
		{"varint", Format{Prefix: PrefixVarint}},
		{"uint32+crc", Format{CRC: true}},
	}
)

func BenchmarkReader(b *testing.B) {
	for _, size := range benchSizes {
		b.Run(fmt.Sprintf("floor/%d", size), func(b *testing.B) {
			src := bufio.NewReaderSize(repeated(b, Format{}, size), maxBurst)
			var head [4]byte
			buf := make([]byte, size)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := io.ReadFull(src, head[:]); err != nil {
					b.Fatal(err)
				}
				if _, err := io.ReadFull(src, buf[:binary.BigEndian.Uint32(head[:])]); err != nil {
					b.Fatal(err)
				}
			}
		})
		for _, c := range benchFormats {
			b.Run(fmt.Sprintf("%s/%d", c.name, size), func(b *testing.B) {
				r := NewReader(repeated(b, c.format, size), c.format)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := r.Next(); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

func BenchmarkWriter(b *testing.B) {
	for _, size := range benchSizes {
		p := payload(size)
		b.Run(fmt.Sprintf("floor/%d", size), func(b *testing.B) {
			buf := make([]byte, 0, size+4)
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				buf = binary.BigEndian.AppendUint32(buf[:0], uint32(len(p)))
				buf = append(buf, p...)
				if _, err := io.Discard.Write(buf); err != nil {
					b.Fatal(err)
				}
			}
		})
		for _, c := range benchFormats {
			b.Run(fmt.Sprintf("%s/%d", c.name, size), func(b *testing.B) {
				w := NewWriter(io.Discard, c.format)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if err := w.WriteFrame(p); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}
