//go:build unix

package conn

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/binary"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/stretchr/testify/require"
)

// boxed is a transport that puts what is written into boxes of at most 1,000
// bytes, each with its length before it. An empty box is the end.
type boxed struct {
	net.Conn
	unframed, framed atomic.Int64 // calls

	// Owned by who reads.
	head  []byte
	left  int
	ended bool

	mu   sync.Mutex // covers what follows
	owed int
	tail []byte
}

func (b *boxed) Framed() Framed { return boxes{b} }

type boxes struct{ b *boxed }

func (s boxes) Transport() net.Conn { return s.b }
func (s boxes) Socket() net.Conn    { return s.b.Conn }

var errBoxed = errors.New("the last box has come")

func (s boxes) Unframe(p []byte) (n int, err error) {
	s.b.unframed.Add(1)
	if n = s.b.unpack(p); s.b.ended {
		err = errBoxed
	}
	return n, err
}

func (s boxes) Frame(p []byte, write func([]byte) (int, error)) (n int, err error) {
	s.b.framed.Add(1)
	return s.b.pack(p, write)
}

func (b *boxed) Read(p []byte) (int, error) {
	for {
		n, err := b.Conn.Read(p)
		if n = b.unpack(p[:n]); n > 0 || err != nil {
			return n, err
		}
	}
}

func (b *boxed) Write(p []byte) (int, error) { return b.pack(p, b.Conn.Write) }

func (b *boxed) unpack(p []byte) (n int) {
	for r := 0; r < len(p); {
		if b.left == 0 {
			b.head = append(b.head, p[r])
			r++
			if len(b.head) == 2 {
				b.left, b.head = int(binary.BigEndian.Uint16(b.head)), nil
				b.ended = b.left == 0
			}
			continue
		}
		k := copy(p[n:], p[r:min(len(p), r+b.left)])
		n, r, b.left = n+k, r+k, b.left-k
	}
	return n
}

func (b *boxed) pack(p []byte, write func([]byte) (int, error)) (n int, err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for n < len(p) && err == nil {
		out := bytes.Clone(b.tail)
		if b.owed == 0 {
			b.owed = min(len(p)-n, 1000)
			out = binary.BigEndian.AppendUint16(out, uint16(b.owed))
		}
		lead := len(out)
		out = append(out, p[n:min(len(p), n+b.owed)]...)
		var sent int
		sent, err = write(out)
		b.tail = out[min(sent, lead):lead]
		taken := max(sent-lead, 0)
		n, b.owed = n+taken, b.owed-taken
		if sent < len(out) {
			break
		}
	}
	return n, err
}

// socketPair is both ends of a TCP connection.
func socketPair(t *testing.T) (near, far net.Conn) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer ln.Close()
	near, err = net.Dial("tcp", ln.Addr().String())
	require.NoError(t, err)
	far, err = ln.Accept()
	require.NoError(t, err)
	t.Cleanup(func() { _ = near.Close(); _ = far.Close() })
	return near, far
}

type unframed struct{ net.Conn }

func (unframed) Framed() Framed { return nil }

// What is used without being asked to read and write: sockets, what says that it
// is framed on one, and nothing that merely embeds these. Under TLS, and under what
// is framed on that, there is a socket to wait for.
func TestSocketOf(t *testing.T) {
	rawOf := func(nc net.Conn) any {
		rc, _, direct := socketOf(nc)
		require.True(t, rc != nil || !direct)
		if direct {
			return rc
		}
		return nil
	}
	waitOf := func(nc net.Conn) any {
		rc, framed, direct := socketOf(nc)
		require.False(t, direct)
		require.Nil(t, framed)
		if rc == nil {
			return nil
		}
		return rc
	}
	sock, _ := socketPair(t)
	pipe, _ := net.Pipe()
	framed := &boxed{Conn: sock}
	require.NotNil(t, rawOf(sock))
	require.NotNil(t, rawOf(framed))
	require.Nil(t, rawOf(pipe))
	require.Nil(t, rawOf(struct{ *net.TCPConn }{sock.(*net.TCPConn)}))
	require.Nil(t, rawOf(&struct{ *boxed }{framed}))
	require.Nil(t, rawOf(struct{ *boxed }{framed}))
	require.Nil(t, rawOf(&boxed{Conn: pipe}))
	require.Nil(t, rawOf(&boxed{Conn: framed}), "frames within frames")
	require.Nil(t, rawOf(unframed{sock}))

	secure := tls.Client(sock, nil)
	require.NotNil(t, waitOf(secure))
	require.NotNil(t, waitOf(&boxed{Conn: secure}))
	require.Nil(t, waitOf(tls.Client(pipe, nil)))
	require.Nil(t, waitOf(struct{ *tls.Conn }{secure}))
	require.Nil(t, waitOf(unframed{secure}))
}

// An end that came with bytes shows at the next read, which waits for nothing.
func TestFramedEnd(t *testing.T) {
	near, far := socketPair(t)
	l := newLink(&boxed{Conn: far})
	_, err := near.Write([]byte{0, 3, 'a', 'b', 'c', 0, 0})
	require.NoError(t, err)
	n, err := l.fill(true)
	require.NoError(t, err)
	require.Equal(t, "abc", string(l.in.buf[l.r:l.w]))
	require.Equal(t, 3, n)
	for _, wait := range []bool{true, false} {
		n, err = l.fill(wait)
		require.Equal(t, errBoxed, err)
		require.Zero(t, n)
	}
	require.EqualValues(t, 1, l.nc.(*boxed).unframed.Load())

	// The end of the socket is one, too.
	near, far = socketPair(t)
	l = newLink(&boxed{Conn: far})
	_, err = near.Write([]byte{0})
	require.NoError(t, err)
	require.NoError(t, near.Close())
	_, err = l.fill(true)
	require.Equal(t, io.EOF, err)
	require.EqualValues(t, 2, l.nc.(*boxed).unframed.Load())
}

// Reads become larger with what they bring, although frames are taken off it.
func TestFramedReadsGrow(t *testing.T) {
	near, far := socketPair(t)
	l := newLink(&boxed{Conn: far})
	go func() {
		defer near.Close()
		_, _ = (&boxed{Conn: near}).Write(make([]byte, 1<<20)) // the link is closed under it
	}()
	for l.size < maxRead {
		_, err := l.fill(true)
		require.NoError(t, err)
		l.r = l.w
	}
}

// A transport may say that it is not framed after all.
func TestNotFramed(t *testing.T) {
	srv := NewServer(OnMessage(func(ctx context.Context, c *Conn, msg []byte) error {
		return c.Send(ctx, msg)
	}), nil)
	defer srv.Close()
	c, err := Dial(t.Context(), "pipe://", &Config{Dialers: map[string]DialFunc{"pipe": func(context.Context, string) (net.Conn, error) {
		near, far := net.Pipe()
		go srv.ServeConn(context.Background(), unframed{far})
		return unframed{near}, nil
	}}})
	require.NoError(t, err)
	require.NoError(t, c.Send(t.Context(), []byte("hello")))
	msg, err := c.Receive(t.Context())
	require.NoError(t, err)
	require.Equal(t, "hello", string(msg))
	require.NoError(t, c.Close())
}
