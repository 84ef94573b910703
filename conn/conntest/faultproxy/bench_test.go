package faultproxy_test

import (
	"io"
	"net"
	"testing"

	"github.com/stretchr/testify/require"
)

func BenchmarkThroughput(b *testing.B) {
	b.Run("direct", func(b *testing.B) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(b, err)
		defer l.Close()
		client, err := net.Dial("tcp", l.Addr().String())
		require.NoError(b, err)
		server, err := l.Accept()
		require.NoError(b, err)
		pour(b, client, server)
	})
	b.Run("proxy", func(b *testing.B) {
		client, server := newRig(b, nil).dial(b)
		pour(b, client, server)
	})
}

func BenchmarkRoundTrip(b *testing.B) {
	b.Run("proxy", func(b *testing.B) {
		client, server := newRig(b, nil).dial(b)
		go func() { _, _ = io.Copy(server, server) }()
		p := make([]byte, 64)
		for b.Loop() {
			_, _ = client.Write(p)
			_, _ = io.ReadFull(client, p)
		}
	})
}

// pour moves one MiB an operation.
func pour(b *testing.B, client, server net.Conn) {
	defer client.Close()
	defer server.Close()
	const size = 1 << 20
	b.SetBytes(size)
	go func() {
		p := make([]byte, 64<<10)
		for {
			if _, err := client.Write(p); err != nil {
				return
			}
		}
	}()
	p := make([]byte, size)
	for b.Loop() {
		if _, err := io.ReadFull(server, p); err != nil {
			b.Fatal(err)
		}
	}
}
