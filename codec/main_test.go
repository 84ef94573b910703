package codec

import (
	"fmt"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// formats is every Format that means something, with the default Max.
func formats() []Format {
	var all []Format
	for _, prefix := range []Prefix{Prefix1, Prefix2, Prefix3, Prefix4, Prefix8, PrefixVarint} {
		for bits := range 8 {
			f := Format{Prefix: prefix, LittleEndian: bits&1 != 0, CRC: bits&2 != 0, Inclusive: bits&4 != 0}
			if f.Prefix != PrefixVarint || !f.Inclusive {
				all = append(all, f)
			}
		}
	}
	return all
}

func (f Format) name() string {
	return fmt.Sprintf("prefix=%d,little=%t,inclusive=%t,crc=%t", f.Prefix, f.LittleEndian, f.Inclusive, f.CRC)
}

// payload returns n bytes that differ from their neighbours.
func payload(n int) []byte {
	p := make([]byte, n)
	for i := range p {
		p[i] = byte(i*7 + i>>8 + n)
	}
	return p
}
