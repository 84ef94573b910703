package conn

import (
	"context"
	"encoding/binary"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestEchoOverTCP(t *testing.T) {
	srv := NewServer(HandlerFunc(func(ctx context.Context, c *Conn) error {
		for msg, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			if err := c.Send(ctx, msg); err != nil {
				return err
			}
		}
		return nil
	}), nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	go srv.Serve(context.Background(), ln)
	defer srv.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
	defer cancel()
	c, err := Dial(ctx, ln.Addr().String(), nil)
	require.NoError(t, err)
	var b [8]byte
	for i := range 1000 {
		binary.BigEndian.PutUint64(b[:], uint64(i))
		require.NoError(t, c.Send(ctx, b[:]))
		msg, err := c.Receive(ctx)
		require.NoError(t, err)
		require.Equal(t, b[:], msg)
	}
	require.NoError(t, c.Flush(ctx))
	require.NoError(t, c.Close())
	require.ErrorIs(t, c.Err(), ErrClosed)
}
