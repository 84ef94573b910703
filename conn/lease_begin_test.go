package conn_test

import (
	"context"
	"encoding/binary"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
)

// A client that only sends has its acknowledgements read, also where its link's
// beginning took longer than the timer waits until it looks.
func TestSlowBeginningIsReadFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := make(capture, 1)
		b := newBed(t, ch, &conn.Config{MinPing: -1, Heartbeat: noWatch})
		c := b.dial(conn.Config{
			Heartbeat: noWatch, SendBuffer: 4 << 20,
			Trace: &conn.Trace{LinkUp: func(*conn.Conn, net.Addr) { time.Sleep(50 * time.Millisecond) }},
		})
		s := <-ch
		msg, n := make([]byte, 1000), 0
		for ; ; n++ {
			if err := c.TrySend(msg); err != nil {
				require.ErrorIs(t, err, conn.ErrFull)
				break
			}
		}
		ctx := limited(t, 20*time.Second)
		for i := range n {
			_, err := s.Receive(ctx)
			require.NoError(t, err, "message %d of %d", i, n)
		}
	})
}

// A server whose handler does not receive answers pings, also where its WELCOME was
// taken slowly.
func TestSlowWelcomeIsReadFrom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		srv := conn.NewServer(deaf, &conn.Config{MinPing: -1, Heartbeat: noWatch})
		near, far := net.Pipe()
		slow := &hooked{Conn: near}
		slow.write = func(p []byte) (int, error) {
			time.Sleep(50 * time.Millisecond)
			return near.Write(p)
		}
		served := start(func() error { return srv.ServeConn(context.Background(), slow) })
		p := &bare{far, t}
		hello := append([]byte("LSPL"), 1, 0)
		hello = append(hello, make([]byte, 8)...)
		hello = binary.BigEndian.AppendUint64(hello, 1)
		hello = append(hello, make([]byte, 16)...)
		hello = binary.BigEndian.AppendUint32(hello, 1<<20)
		hello = binary.BigEndian.AppendUint32(hello, 1<<20)
		hello = append(hello, 0, 0, 0)
		p.put(0x01, hello)
		p.await(kindWelcome, time.Second)
		defer func() { _ = far.Close(); _ = srv.Close(); <-served }()
		require.NoError(t, p.SetWriteDeadline(time.Now().Add(10*time.Second)))
		_, err := p.Write([]byte{0, 0, 0, 9, kindPing, 1, 2, 3, 4, 5, 6, 7, 8})
		require.False(t, errors.Is(err, context.DeadlineExceeded) || err != nil, "nobody reads: %v", err)
		p.await(kindPong, 10*time.Second)
	})
}
