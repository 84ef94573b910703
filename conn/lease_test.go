package conn_test

import (
	"context"
	"encoding/binary"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
)

// A bare is a peer without a library: frames and nothing else.
type bare struct {
	net.Conn
	t *testing.T
}

const (
	kindWelcome = 0x02
	kindAck     = 0x11
	kindAckReq  = 0x12
	kindPing    = 0x13
	kindPong    = 0x14
	kindClose   = 0x16
)

// bareClient begins a session with the bed's server.
func (b *bed) bareClient() *bare {
	nc, err := b.net.Dial(b.ctx, "server")
	require.NoError(b, err)
	p := &bare{nc, b.T}
	hello := append([]byte("LSPL"), 1, 0)
	hello = append(hello, make([]byte, 8)...) // epoch
	hello = binary.BigEndian.AppendUint64(hello, 1)
	hello = append(hello, make([]byte, 16)...) // positions
	hello = binary.BigEndian.AppendUint32(hello, 1<<20)
	hello = binary.BigEndian.AppendUint32(hello, 1<<20)
	hello = append(hello, 0, 0, 0) // no token, no credential
	p.put(0x01, hello)
	p.await(kindWelcome, time.Second)
	return p
}

func (p *bare) put(kind byte, body []byte) {
	frame := binary.BigEndian.AppendUint32(nil, uint32(len(body)+1))
	_, err := p.Write(append(append(frame, kind), body...))
	require.NoError(p.t, err)
}

// await reads frames until one of the given kind comes, for as long as d.
func (p *bare) await(kind byte, d time.Duration) []byte {
	p.t.Helper()
	require.NoError(p.t, p.SetReadDeadline(time.Now().Add(d)))
	for {
		var head [5]byte
		_, err := readFull(p, head[:])
		require.NoError(p.t, err, "no frame of kind %#x within %v", kind, d)
		body := make([]byte, binary.BigEndian.Uint32(head[:])-1)
		_, err = readFull(p, body)
		require.NoError(p.t, err)
		if head[4] == kind {
			return body
		}
	}
}

func readFull(nc net.Conn, p []byte) (n int, err error) {
	for n < len(p) && err == nil {
		var k int
		k, err = nc.Read(p[n:])
		n += k
	}
	if n == len(p) {
		err = nil
	}
	return n, err
}

// Whatever the application does, PONG, ACK and CLOSE come within 100 ms.
func TestASlowApplicationDelaysNothing(t *testing.T) {
	sleepy := func(ctx context.Context) { <-ctx.Done() }
	for name, app := range map[string]conn.HandlerFunc{
		"never receives": func(ctx context.Context, c *conn.Conn) error { sleepy(ctx); return nil },
		"sleeps over a message": func(ctx context.Context, c *conn.Conn) error {
			_, _ = c.Receive(ctx)
			sleepy(ctx)
			return nil
		},
		"went away when its context ended": func(ctx context.Context, c *conn.Conn) error {
			short, cancel := context.WithTimeout(ctx, time.Second)
			defer cancel()
			for {
				if _, err := c.Receive(short); err != nil {
					break
				}
			}
			sleepy(ctx)
			return nil
		},
		"blocked in Send": func(ctx context.Context, c *conn.Conn) error {
			for c.Send(ctx, make([]byte, 1000)) == nil {
			}
			return nil
		},
		"blocked in Flush": func(ctx context.Context, c *conn.Conn) error {
			_ = c.Send(ctx, nil)
			return c.Flush(ctx)
		},
		"takes a second for each": func(ctx context.Context, c *conn.Conn) error {
			for range c.Messages(ctx) {
				time.Sleep(time.Second)
			}
			return nil
		},
		"panicked": func(ctx context.Context, c *conn.Conn) error {
			_ = c.Send(ctx, nil) // which is never consumed, so that the session cannot end
			panic("on purpose")
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, app, &conn.Config{MinPing: -1, Heartbeat: noWatch, SendBuffer: 20_000})
				p := b.bareClient()
				for i := range 40 {
					p.put(0x10, []byte("data"))
					nonce := binary.BigEndian.AppendUint64(nil, uint64(i))
					p.put(kindPing, nonce)
					require.Equal(t, nonce, p.await(kindPong, 100*time.Millisecond))
					p.put(kindAckReq, nil)
					ack := p.await(kindAck, 100*time.Millisecond)
					require.EqualValues(t, 9*(i+1), binary.BigEndian.Uint64(ack), "received")
					time.Sleep(time.Duration(i*i) * time.Millisecond)
				}
			})
		})
	}
}

// CLOSE overtakes the data that waits for a window.
func TestCloseIsAheadOfQueuedData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := make(capture, 1)
		b := newBed(t, ch, &conn.Config{MinPing: -1, SendBuffer: -1})
		p := b.bareClient()
		s := <-ch
		require.NoError(t, s.Send(t.Context(), make([]byte, 100_000)))
		for range 20 {
			require.NoError(t, s.Send(t.Context(), make([]byte, 100_000)))
		}
		go s.Shutdown(limited(t, time.Minute), 7, "bye")
		body := p.await(kindClose, 100*time.Millisecond)
		require.EqualValues(t, 7, binary.BigEndian.Uint16(body))
		require.EqualValues(t, 21*100_005, binary.BigEndian.Uint64(body[2:]), "final")
	})
}

// The application comes and goes, and the reading with it: nothing is lost or
// stands still.
func TestLeaseComesAndGoes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{Heartbeat: watch})
		b.net.SetSlice(conntest.ToServer, 7)
		sent := start(func() error {
			for i := range 300 {
				time.Sleep(time.Duration(i%23) * time.Millisecond)
				if err := give(t.Context(), c, i, 1); err != nil {
					return err
				}
			}
			return c.Flush(t.Context())
		})
		for i := range 300 {
			time.Sleep(time.Duration(i*i%97) * time.Millisecond)
			require.NoError(t, take(t.Context(), s, i, 1))
		}
		_, err := s.Receive(limited(t, time.Second))
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.NoError(t, <-sent)
		require.EqualValues(t, 1, c.Stats().Links)
	})
}
