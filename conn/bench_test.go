package conn_test

import (
	"context"
	"encoding/binary"
	"io"
	"net"
	"sync"
	"testing"

	"github.com/longsplice/longsplice/conn"
)

// serve starts a server on loopback TCP with the library's defaults: sessions,
// acknowledgements, heartbeats and limits are on.
func serve(b *testing.B, h conn.Handler) (*conn.Conn, func()) {
	b.Helper()
	srv := conn.NewServer(h, nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	go srv.Serve(context.Background(), ln)
	c, err := conn.Dial(context.Background(), ln.Addr().String(), nil)
	if err != nil {
		b.Fatal(err)
	}
	return c, func() {
		c.Close()
		srv.Close()
	}
}

// BenchmarkEcho is the round trip of 64 bytes, against the same bytes over a
// bare net.Conn.
func BenchmarkEcho(b *testing.B) {
	msg := make([]byte, 64)
	b.Run("floor", func(b *testing.B) {
		nc, stop := bareEcho(b)
		defer stop()
		frame := append(binary.BigEndian.AppendUint32(nil, uint32(len(msg))), msg...)
		buf := make([]byte, 4096)
		b.ReportAllocs()
		for b.Loop() {
			if _, err := nc.Write(frame); err != nil {
				b.Fatal(err)
			}
			if _, err := readFrame(nc, buf); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("conn", func(b *testing.B) {
		c, stop := serve(b, conn.OnMessage(func(ctx context.Context, c *conn.Conn, m []byte) error {
			return c.Send(ctx, m)
		}))
		defer stop()
		ctx := context.Background()
		b.ReportAllocs()
		for b.Loop() {
			if err := c.Send(ctx, msg); err != nil {
				b.Fatal(err)
			}
			if _, err := c.Receive(ctx); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// readFrame reads one length-prefixed frame, in one read where it can.
func readFrame(r io.Reader, buf []byte) ([]byte, error) {
	have := 0
	for {
		n, err := r.Read(buf[have:])
		if err != nil {
			return nil, err
		}
		have += n
		if have >= 4 && have >= 4+int(binary.BigEndian.Uint32(buf)) {
			return buf[:have], nil
		}
	}
}

func bareEcho(b *testing.B) (net.Conn, func()) {
	b.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		nc, err := ln.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		buf := make([]byte, 4096)
		for {
			frame, err := readFrame(nc, buf)
			if err != nil {
				return
			}
			if _, err := nc.Write(frame); err != nil {
				return
			}
		}
	})
	nc, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	return nc, func() {
		nc.Close()
		ln.Close()
		wg.Wait()
	}
}

// BenchmarkStream is one message of 64 bytes, one way, from one and from many
// goroutines; the time includes the receiving end. The floor writes the same
// bytes 64 KiB at a time, and the other end walks over the frames.
func BenchmarkStream(b *testing.B) {
	b.Run("floor", benchmarkBareStream)
	b.Run("senders=1", func(b *testing.B) { benchmarkStream(b, 1) })
	b.Run("senders=64", func(b *testing.B) { benchmarkStream(b, 64) })
}

func benchmarkStream(b *testing.B, senders int) {
	msg := make([]byte, 64)
	c, stop := serve(b, conn.OnMessage(func(context.Context, *conn.Conn, []byte) error { return nil }))
	defer stop()
	ctx := context.Background()
	b.SetBytes(int64(len(msg)))
	b.ReportAllocs()
	b.ResetTimer()
	var wg sync.WaitGroup
	for i := range senders {
		n := b.N / senders
		if i < b.N%senders {
			n++
		}
		wg.Go(func() {
			for range n {
				if err := c.Send(ctx, msg); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	if err := c.Flush(ctx); err != nil {
		b.Fatal(err)
	}
}

func benchmarkBareStream(b *testing.B) {
	const frame = 4 + 64
	burst := make([]byte, 0, 64<<10)
	for len(burst)+frame <= cap(burst) {
		burst = binary.BigEndian.AppendUint32(burst, 64)
		burst = append(burst, make([]byte, 64)...)
	}
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		b.Fatal(err)
	}
	defer ln.Close()
	received := make(chan int)
	go func() {
		total := 0
		defer func() { received <- total }()
		nc, err := ln.Accept()
		if err != nil {
			return
		}
		defer nc.Close()
		buf := make([]byte, 64<<10)
		have := 0
		for {
			n, err := nc.Read(buf[have:])
			have += n
			p := buf[:have]
			for len(p) >= 4 && len(p) >= 4+int(binary.BigEndian.Uint32(p)) {
				p = p[4+int(binary.BigEndian.Uint32(p)):]
				total++
			}
			have = copy(buf, p)
			if err != nil {
				return
			}
		}
	}()
	nc, err := net.Dial("tcp", ln.Addr().String())
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(64)
	b.ReportAllocs()
	b.ResetTimer()
	for left := b.N * frame; left > 0; {
		n, err := nc.Write(burst[:min(left, len(burst))])
		if err != nil {
			b.Fatal(err)
		}
		left -= n
	}
	nc.Close()
	if got := <-received; got != b.N {
		b.Fatalf("received %d of %d", got, b.N)
	}
}
