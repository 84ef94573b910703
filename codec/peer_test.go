package codec

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// pythonPeer echoes each frame reversed, and ends when we half-close. It shares
// nothing with this package: it packs with struct or shifts, and computes
// CRC-32C bit by bit.
const pythonPeer = `
import socket, struct, sys

port, prefix, little, inclusive, crc = (int(a) for a in sys.argv[1:])
order = '<' if little else '>'
name = 'little' if little else 'big'
sock = socket.create_connection(('127.0.0.1', port))
wire = sock.makefile('rwb')

def crc32c(data):
    c = 0xFFFFFFFF
    for b in data:
        c ^= b
        for _ in range(8):
            c = (c >> 1) ^ (0x82F63B78 if c & 1 else 0)
    return struct.pack(order + 'I', c ^ 0xFFFFFFFF)

def pack(n):
    if prefix == 3:
        return n.to_bytes(3, name)
    if prefix > 0:
        return struct.pack(order + {1: 'B', 2: 'H', 4: 'I', 8: 'Q'}[prefix], n)
    out = bytearray()
    while n >= 128:
        out.append(n & 127 | 128)
        n >>= 7
    return bytes(out) + bytes([n])

def read_length():
    if prefix == -1:
        head, n = b'', 0
        while True:
            b = wire.read(1)
            if not b:
                return b'', 0
            n |= (b[0] & 127) << (7 * len(head))
            head += b
            if b[0] < 128:
                return head, n
    head = wire.read(prefix)
    return head, int.from_bytes(head, name)

while True:
    head, n = read_length()
    if not head:
        break
    body = wire.read(n - (prefix if inclusive else 0))
    if crc:
        body, trailer = body[:-4], body[-4:]
        if crc32c(head + body) != trailer:
            sys.exit('bad checksum from the Go side')
    reply = body[::-1]
    n = len(reply) + (4 if crc else 0) + (prefix if inclusive else 0)
    reply = pack(n) + reply
    wire.write(reply + (crc32c(reply) if crc else b''))
    wire.flush()
sock.close()
`

func TestPythonPeer(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("NOT TESTED AGAINST A FOREIGN PEER: python3 is not installed")
	}
	flag := map[bool]int{true: 1}
	for _, f := range []Format{
		{Prefix: Prefix4},
		{Prefix: Prefix1},
		{Prefix: Prefix2, LittleEndian: true, Inclusive: true},
		{Prefix: Prefix3},
		{Prefix: Prefix8, LittleEndian: true, CRC: true},
		{Prefix: PrefixVarint},
		{Prefix: Prefix4, Inclusive: true, CRC: true},
	} {
		t.Run(f.name(), func(t *testing.T) {
			listener, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
			require.NoError(t, err)
			defer listener.Close()
			deadline := time.Now().Add(30 * time.Second)
			require.NoError(t, listener.SetDeadline(deadline))
			ctx, cancel := context.WithDeadline(context.Background(), deadline)
			defer cancel()

			var stderr bytes.Buffer
			peer := exec.CommandContext(ctx, python, "-c", pythonPeer, fmt.Sprint(listener.Addr().(*net.TCPAddr).Port),
				fmt.Sprint(int(f.Prefix)), fmt.Sprint(flag[f.LittleEndian]), fmt.Sprint(flag[f.Inclusive]), fmt.Sprint(flag[f.CRC]))
			peer.Stderr = &stderr
			require.NoError(t, peer.Start())
			ended := false
			defer func() {
				if !ended {
					cancel()
					t.Logf("peer: %v\n%s", peer.Wait(), stderr.String())
				}
			}()
			conn, err := listener.AcceptTCP()
			require.NoError(t, err)
			defer conn.Close()
			require.NoError(t, conn.SetDeadline(deadline))

			w, r := NewWriter(conn, f), NewReader(conn, f)
			for _, n := range []int{0, 1, 127, 128, 200, 65529, 65536} {
				if _, err := f.Size(n); err != nil {
					continue
				}
				p := payload(n)
				require.NoError(t, w.WriteFrame(p))
				got, err := r.Next()
				require.NoError(t, err, "%d bytes", n)
				want := bytes.Clone(p)
				for i := range want {
					want[i] = p[len(p)-1-i]
				}
				require.True(t, bytes.Equal(want, got), "%d bytes", n)
			}
			require.NoError(t, conn.CloseWrite())
			rest, err := take(r)
			require.Empty(t, rest)
			require.Equal(t, endClean, kindOf(err))
			err = peer.Wait()
			ended = true
			require.NoError(t, err, stderr.String())
		})
	}
}
