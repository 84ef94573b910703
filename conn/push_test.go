package conn_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/codec"
	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
)

// MongooseIM #324, #4496; EMQX #6393: the old link's messages and the new
// one's never overtake each other, and never run at once.
func TestOnMessageIsNeverConcurrentAcrossLinks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 2000
		var running atomic.Int32
		next := 0 // no lock: the race detector would see a second handler
		done := make(chan struct{})
		b := newBed(t, conn.OnMessage(func(ctx context.Context, _ *conn.Conn, msg []byte) error {
			if running.Add(1) != 1 {
				return errors.New("two handlers at once")
			}
			defer running.Add(-1)
			if string(msg) != numbered(next) {
				return errors.New("out of order: " + string(msg))
			}
			if next%50 == 0 {
				time.Sleep(5 * time.Millisecond)
			}
			if next++; next == n {
				close(done)
			}
			return nil
		}), nil)
		c := b.dial(conn.Config{})
		stop := make(chan struct{})
		go func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(3 * time.Millisecond):
					b.net.Cut(conntest.RST)
				}
			}
		}()
		require.NoError(t, give(t.Context(), c, 0, n))
		<-done
		close(stop)
		time.Sleep(time.Second)
		require.NoError(t, c.Shutdown(t.Context(), conn.CodeNormal, ""))
	})
}

func TestOnMessageError(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, conn.OnMessage(func(ctx context.Context, _ *conn.Conn, msg []byte) error {
			if string(msg) == numbered(2) {
				return &conn.CloseError{Code: 1111, Reason: "third"}
			}
			return nil
		}), nil)
		c := b.dial(conn.Config{})
		require.NoError(t, give(t.Context(), c, 0, 5))
		_, err := c.Receive(t.Context())
		var remote *conn.CloseError
		require.ErrorAs(t, err, &remote)
		require.Equal(t, conn.Code(1111), remote.Code)
		<-c.Done()
		var lost *conn.LostError
		require.ErrorAs(t, c.Err(), &lost)
		require.Len(t, lost.Undelivered, 3, "from the one that failed on")
	})
}

// A client may be push style, too, through Run.
func TestOnMessageOnAClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error { return give(ctx, c, 0, 100) }), nil)
		next := 0
		err := conn.Run(t.Context(), "mem://server", conn.OnMessage(func(ctx context.Context, _ *conn.Conn, msg []byte) error {
			require.Equal(t, numbered(next), string(msg))
			next++
			return nil
		}), b.client(conn.Config{}))
		require.NoError(t, err)
		require.Equal(t, 100, next)
	})
}

type note struct {
	N    int
	Text string
}

func TestTypedConn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		notes, served := conn.Typed(c, codec.JSON[note]()), conn.Typed(s, codec.JSON[note]())
		for i := range 100 {
			want := note{i, numbered(i)}
			require.NoError(t, notes.Send(t.Context(), want))
			if i%10 == 0 {
				b.net.Cut(conntest.RST)
			}
			got, err := served.Receive(t.Context())
			require.NoError(t, err)
			require.Equal(t, want, got)
		}
		require.NoError(t, notes.TrySend(note{N: 1}))
		require.NoError(t, c.Send(t.Context(), []byte("no JSON")))
		require.NoError(t, notes.TrySend(note{N: 3}))
		closed := start(notes.Close)
		var got []int
		bad := 0
		for v, err := range served.Messages(t.Context()) {
			var wrong *conn.CodecError
			if errors.As(err, &wrong) {
				require.True(t, wrong.Decoding)
				bad++
				continue
			}
			require.NoError(t, err)
			got = append(got, v.N)
		}
		require.Equal(t, []int{1, 3}, got, "a message that cannot be decoded concerns itself alone")
		require.Equal(t, 1, bad)
		require.NoError(t, <-closed)
	})
}

func TestTypedValueThatCannotBeEncoded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, _ := pair(t, nil, conn.Config{})
		err := conn.Typed(c, codec.JSON[any]()).Send(t.Context(), func() {})
		var wrong *conn.CodecError
		require.ErrorAs(t, err, &wrong)
		require.False(t, wrong.Decoding)
		require.Zero(t, c.Stats().Sent)
	})
}
