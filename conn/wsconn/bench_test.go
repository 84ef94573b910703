package wsconn_test

import (
	"fmt"
	"net"
	"testing"

	"github.com/longsplice/longsplice/conn/wsconn"
)

// A sink takes everything, and repeats what it has been given to those who read.
type sink struct {
	net.Conn
	repeat []byte
}

func (s *sink) Write(p []byte) (int, error) { return len(p), nil }
func (s *sink) Read(p []byte) (int, error)  { return copy(p, s.repeat), nil }

var sizes = []int{128, 4 << 10, 64 << 10}

// What framing costs a write, without the socket.
func BenchmarkWrite(b *testing.B) {
	for name, end := range map[string]*wsconn.Conn{
		"server": wsconn.NewServerConn(&sink{}, 0),
		"client": wsconn.NewClientConn(&sink{}, 0),
	} {
		for _, size := range sizes {
			b.Run(fmt.Sprintf("%s/%d", name, size), func(b *testing.B) {
				p := make([]byte, size)
				b.SetBytes(int64(size))
				b.ReportAllocs()
				for b.Loop() {
					if _, err := end.Write(p); err != nil {
						b.Fatal(err)
					}
				}
			})
		}
	}
}

// What it costs a read: a server unmasks.
func BenchmarkRead(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprint(size), func(b *testing.B) {
			in := frame(fin|binaryOp, string(make([]byte, size)))
			end := wsconn.NewServerConn(&sink{repeat: in}, 0)
			p := make([]byte, len(in))
			b.SetBytes(int64(size))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := end.Read(p); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
