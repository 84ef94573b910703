package conn

import (
	"bytes"
	"crypto/tls"
	"io"
	"net"
	"runtime"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/wire"
)

// clientHello is what a TLS client says first.
func clientHello(t *testing.T) []byte {
	a, b := net.Pipe()
	defer b.Close()
	go func() {
		_ = tls.Client(a, &tls.Config{ServerName: "example.org"}).Handshake() // cut off below
		_ = a.Close()
	}()
	buf := make([]byte, 4096)
	n, err := b.Read(buf)
	require.NoError(t, err)
	return buf[:n]
}

// Whoever speaks something else learns nothing, not even what it has reached.
func TestStrangerIsNotAnswered(t *testing.T) {
	for name, said := range map[string][]byte{
		"HTTP":                 []byte("GET / HTTP/1.1\r\nHost: example.org\r\n\r\n"),
		"TLS":                  clientHello(t),
		"SSH":                  []byte("SSH-2.0-OpenSSH_9.2\r\n"),
		"garbage":              bytes.Repeat([]byte{0xa5}, 300),
		"zeros":                make([]byte, 64),
		"an empty frame":       {0, 0, 0, 0},
		"data":                 wire.AppendData(nil, nil),
		"ping":                 wire.AppendNonce(nil, wire.KindPing, 1),
		"an optional kind":     wire.AppendHeader(nil, wire.KindOptional, 0),
		"WELCOME":              rawWelcome(false).Append(nil),
		"HELLO without magic":  append(wire.AppendHeader(nil, wire.KindHello, 4), "LSPX"...),
		"HELLO of five bytes":  append(wire.AppendHeader(nil, wire.KindHello, 5), "LSPL\x01"...),
		"a frame over 4 KiB":   {0, 0, 0x10, 0x01, byte(wire.KindHello)},
		"4 GiB less a byte":    {0xff, 0xff, 0xff, 0xff, byte(wire.KindHello)},
		"a message of 4 bytes": wire.AppendData(nil, []byte("long")),
	} {
		t.Run(name, func(t *testing.T) {
			r := onTCP(t, nil, nil)
			nc := r.dial("")
			defer nc.Close()
			began := time.Now()
			_, err := nc.Write(said)
			require.NoError(t, err)
			require.NoError(t, nc.SetReadDeadline(began.Add(10*time.Second)))
			got, err := io.ReadAll(nc)
			var timeout net.Error
			require.False(t, isTimeout(err, &timeout))
			require.Less(t, time.Since(began), 3*time.Second, "closed on the first read, not by the timeout")
			require.Empty(t, got)
			require.Eventually(t, func() bool { return len(traced(r, &r.refused)) == 1 }, 5*time.Second, time.Millisecond)
		})
	}
}

func TestHandshakeFrameOf4KiBIsTheMost(t *testing.T) {
	r := onTCP(t, nil, nil)
	h := rawHello()
	f := h.Append(nil)
	pad := func(size int) []byte { // with one unknown extension
		out := append([]byte(nil), f...)
		n := size - (len(f) - 4) - 4
		out = append(out, 0x7f, 0xff, byte(n>>8), byte(n))
		out = append(out, make([]byte, n)...)
		out[2], out[3] = byte(size>>8), byte(size)
		return out
	}
	p := r.peer()
	p.write(pad(wire.MaxControl))
	p.until(wire.KindWelcome)
	q := r.peer()
	q.write(pad(wire.MaxControl + 1)[:wire.HeaderSize])
	require.Empty(t, q.rest())
}

// heapGrowth is how much more memory has been allocated, in all, after f.
func heapGrowth(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

// A length is a claim, and nothing is allocated by it: neither by one that is
// over the limit, nor by one that is within and never made good.
func TestClaimedLengthAllocatesNothing(t *testing.T) {
	claims := map[string]struct {
		header   []byte
		greeted  bool
		survives bool
	}{
		"4 GiB before the handshake":  {header: []byte{0xff, 0xff, 0xff, 0xff, byte(wire.KindHello)}},
		"4 KiB before the handshake":  {header: []byte{0, 0, 0x10, 0, byte(wire.KindHello)}, survives: true},
		"4 GiB":                       {header: []byte{0xff, 0xff, 0xff, 0xff, byte(wire.KindData)}, greeted: true},
		"one over the limit":          {header: []byte{0, 0x10, 0, 2, byte(wire.KindData)}, greeted: true},
		"a control frame over 4 KiB":  {header: []byte{0, 0, 0x10, 1, byte(wire.KindAck)}, greeted: true},
		"a message within the limits": {header: []byte{0, 0x10, 0, 1, byte(wire.KindData)}, greeted: true, survives: true},
	}
	for name, claim := range claims {
		t.Run(name, func(t *testing.T) {
			r := onTCP(t, nil, nil)
			p := r.peer()
			if claim.greeted {
				p.greet(rawHello())
				c := <-r.conns
				p.write(wire.AppendNonce(nil, wire.KindPing, 1))
				p.until(wire.KindPong) // somebody reads by now
				defer func() { require.Equal(t, claim.survives, c.Err() == nil) }()
			}
			grew := heapGrowth(func() {
				p.write(claim.header)
				if claim.survives {
					require.NoError(t, p.nc.SetReadDeadline(time.Now().Add(200*time.Millisecond)))
				}
				_, err := io.Copy(io.Discard, p.nc)
				var timeout net.Error
				require.Equal(t, claim.survives, err != nil && isTimeout(err, &timeout))
			})
			require.Less(t, grew, uint64(64<<10))
		})
	}
}
