package conn_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/reconnect"
)

// message is the i-th message of a direction: its content follows from both.
func message(dir byte, i uint64, buf []byte) []byte {
	rng := rand.New(rand.NewPCG(uint64(dir), i))
	size := rng.IntN(300)
	if rng.IntN(200) == 0 {
		size = rng.IntN(100_000)
	}
	buf = append(buf[:0], dir)
	buf = binary.BigEndian.AppendUint64(buf, i)
	sum := sha256.Sum256(buf)
	for len(buf) < 9+size {
		buf = append(buf, sum[:min(len(sum), 9+size-len(buf))]...)
	}
	return buf
}

func sendAll(ctx context.Context, c *conn.Conn, dir byte, n uint64) error {
	var buf []byte
	for i := range n {
		buf = message(dir, i, buf)
		if err := c.Send(ctx, buf); err != nil {
			return fmt.Errorf("send %d: %w", i, err)
		}
	}
	return c.Flush(ctx)
}

func receiveAll(ctx context.Context, c *conn.Conn, dir byte, n uint64) error {
	var want []byte
	for i := range n {
		msg, err := c.Receive(ctx)
		if err != nil {
			return fmt.Errorf("receive %d: %w", i, err)
		}
		if want = message(dir, i, want); !bytes.Equal(msg, want) {
			return fmt.Errorf("message %d of %c is wrong: %d bytes, want %d", i, dir, len(msg), len(want))
		}
	}
	return nil
}

func TestManyCutsLoseNothing(t *testing.T) {
	const n = 20_000
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()

	served := make(chan error, 1)
	srv := conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		sent := make(chan error, 1)
		go func() { sent <- sendAll(ctx, c, 's', n) }()
		err := receiveAll(ctx, c, 'c', n)
		if err == nil { // keep receiving, so that acknowledgements are read until the peer closes
			if _, rerr := c.Receive(ctx); !errors.Is(rerr, io.EOF) {
				err = fmt.Errorf("after the last message: %w", rerr)
			}
		}
		served <- errors.Join(err, <-sent)
		return err
	}), nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go srv.Serve(ctx, ln)
	defer srv.Close()
	proxy, err := faultproxy.Listen(ln.Addr().String(), &faultproxy.Config{
		Schedule: faultproxy.Schedule{Seed: 1, Cuts: 60, Mean: 10_000},
	})
	require.NoError(t, err)
	defer proxy.Close()

	var resumed atomic.Int64
	c, err := conn.Dial(ctx, proxy.Addr().String(), &conn.Config{
		Retry: reconnect.Policy{InitialDelay: time.Millisecond, MaxDelay: 10 * time.Millisecond},
		OnState: func(s conn.State) {
			if s.Phase == conn.Resumed {
				resumed.Add(1)
			}
		},
	})
	require.NoError(t, err)
	sent := make(chan error, 1)
	go func() { sent <- sendAll(ctx, c, 'c', n) }()
	require.NoError(t, receiveAll(ctx, c, 's', n))
	require.NoError(t, <-sent)
	require.NoError(t, c.Shutdown(ctx, conn.CodeNormal, ""))
	require.NoError(t, <-served)
	t.Logf("%d cuts, %d resumed: %+v", proxy.Stats().Cuts, resumed.Load(), c.Stats())
	// A cut in a direction whose messages have all gone never strikes, so their
	// number differs; one may strike in the last moments of the session.
	cuts := proxy.Stats().Cuts
	require.Greater(t, cuts, 10)
	require.GreaterOrEqual(t, resumed.Load(), int64(cuts-1))
}
