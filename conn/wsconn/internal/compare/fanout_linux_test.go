package compare

import (
	"context"
	"net"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
)

// BenchmarkFanOut writes one message of 128 bytes to each of 1,000 connections
// in turn, and reports the server's processor time for one of these writes.
func BenchmarkFanOut(b *testing.B) {
	const members = 1000
	msg := make([]byte, 128)
	b.Run("tcp", func(b *testing.B) {
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(b, err)
		defer ln.Close()
		accepted := make(chan net.Conn, members)
		go func() {
			for {
				c, err := ln.Accept()
				if err != nil {
					return
				}
				accepted <- c
			}
		}()
		fanOut(b, "tcp://"+ln.Addr().String(), members, accepted, len(msg), writeOwn(msg))
	})
	for _, lib := range libraries {
		b.Run(lib.name, func(b *testing.B) {
			accepted := make(chan net.Conn, members)
			target := endpoint(b, lib, func(c net.Conn) { accepted <- c })
			fanOut(b, target, members, accepted, len(msg), lib.fanOut(msg))
		})
	}
}

func fanOut(b *testing.B, target string, members int, accepted <-chan net.Conn, size int, write func(net.Conn) error) {
	others := startClients(b, "sockets", target, members)
	conns := make([]net.Conn, members)
	for i := range conns {
		conns[i] = <-accepted
		defer conns[i].Close()
	}
	b.ReportAllocs()
	before := processor(b)
	for b.Loop() {
		for _, c := range conns {
			if err := write(c); err != nil {
				b.Fatal(err)
			}
		}
	}
	writes := float64(b.N) * float64(members)
	b.ReportMetric(float64(processor(b)-before)/writes, "cpu-ns/write")
	for want := int64(writes) * int64(size); others.received() < want; {
		time.Sleep(time.Millisecond)
	}
}

// BenchmarkFanOutSessions sends one message of 128 bytes, encoded once, to each of
// 1,000 sessions in turn, waits until all have it, and reports the server's
// processor time for one of them.
func BenchmarkFanOutSessions(b *testing.B) {
	const members = 1000
	msg, err := conn.Encode(make([]byte, 128))
	require.NoError(b, err)
	for _, over := range listeners {
		b.Run(over.name, func(b *testing.B) {
			sessions := make(chan *conn.Conn, members)
			srv := conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
				sessions <- c
				_, err := c.Receive(ctx)
				return err
			}), &conn.Config{MaxHandshakesPerIP: -1})
			defer srv.Close()
			others := startClients(b, "sessions", over.listen(b, srv), members)
			all := make([]*conn.Conn, members)
			for i := range all {
				all[i] = <-sessions
			}
			var want int64
			b.ReportAllocs()
			before := processor(b)
			for b.Loop() {
				for _, c := range all {
					if err := c.TrySendBatch(msg); err != nil {
						b.Fatal(err)
					}
				}
				for want += members * 128; others.received() < want; {
					time.Sleep(time.Millisecond)
				}
			}
			b.ReportMetric(float64(processor(b)-before)/float64(b.N)/members, "cpu-ns/message")
		})
	}
}

// processor is the processor time that this process has taken.
func processor(b *testing.B) time.Duration {
	var u syscall.Rusage
	require.NoError(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}
