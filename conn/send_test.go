package conn_test

import (
	"bytes"
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
)

func TestTrySendFullAcceptsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{SendBuffer: 1000})
		b.net.Stall(conntest.Both)
		n := 0
		for ; ; n++ {
			if err := c.TrySend([]byte(numbered(n))); err != nil {
				require.ErrorIs(t, err, conn.ErrFull)
				break
			}
		}
		require.LessOrEqual(t, c.Stats().Unacked, 1000)
		require.EqualValues(t, n, c.Stats().Sent)
		require.ErrorIs(t, c.TrySend([]byte(numbered(n))), conn.ErrFull)
		b.net.Heal(conntest.Both)
		require.NoError(t, take(b.ctx, s, 0, n))
		ctx := limited(t, time.Minute)
		_, err := s.Receive(ctx)
		require.ErrorIs(t, err, context.DeadlineExceeded, "a refused message was delivered")
	})
}

func TestSendBlockedAndCancelledIsNotAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{SendBuffer: 1000})
		n := 0
		for ; c.TrySend([]byte(numbered(n))) == nil; n++ {
		}
		for range 100 {
			ctx := limited(t, 10*time.Millisecond)
			begin := time.Now()
			err := c.Send(ctx, []byte("never accepted"))
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.Equal(t, 10*time.Millisecond, time.Since(begin))
		}
		require.EqualValues(t, n, c.Stats().Sent)
		require.NoError(t, take(t.Context(), s, 0, n))
		sent := start(func() error { return give(t.Context(), c, n, 100) })
		require.NoError(t, take(t.Context(), s, n, 100))
		require.NoError(t, <-sent)
		require.EqualValues(t, 1, c.Stats().Links)
	})
}

// A message that fits is accepted whatever its context says, or refused with
// the context's error: never half.
func TestSendWithDeadContextIsAllOrNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{})
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		accepted := 0
		for i := range 100 {
			if err := c.Send(ctx, []byte(numbered(accepted))); err == nil {
				accepted++
			} else {
				require.ErrorIs(t, err, context.Canceled, i)
			}
		}
		require.NoError(t, take(t.Context(), s, 0, accepted))
	})
}

func TestNotifyWritableIsCalledOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{SendBuffer: 1000})
		n := 0
		for ; c.TrySend([]byte(numbered(n))) == nil; n++ {
		}
		var calls atomic.Int32
		c.NotifyWritable(func() {
			calls.Add(1)
			// It may call back into the Conn: no lock is held.
			_ = c.Stats()
			require.NoError(t, c.TrySend([]byte(numbered(n))))
		})
		synctest.Wait()
		require.Zero(t, calls.Load())
		require.NoError(t, take(t.Context(), s, 0, n+1))
		require.NoError(t, c.Send(t.Context(), []byte(numbered(n+1))))
		require.NoError(t, take(t.Context(), s, n+1, 1))
		synctest.Wait()
		require.EqualValues(t, 1, calls.Load())
	})
}

func TestNotifyWritableWithRoomCallsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, _ := pair(t, nil, conn.Config{})
		called := make(chan struct{})
		c.NotifyWritable(func() { close(called) })
		within(t, 0, func() { <-called })
	})
}

// Whoever waits for room is told of the end, too. The callback takes a lock
// that the application holds in calls of its own: it must not run inside them.
func TestNotifyWritableRunsOnAGoroutineOfItsOwn(t *testing.T) {
	for name, call := range map[string]func(b *bed, c, s *conn.Conn){
		"close": func(b *bed, c, _ *conn.Conn) {
			b.net.Stall(conntest.Both) // the end comes from this call alone
			_ = c.Close()
		},
		"receive": func(b *bed, c, s *conn.Conn) {
			go func() { _ = take(b.ctx, s, 0, 50); _ = s.Send(b.ctx, []byte("done")) }()
			_, _ = c.Receive(b.ctx)
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c, s := pair(t, nil, conn.Config{SendBuffer: 1000})
				for n := 0; c.TrySend([]byte(numbered(n))) == nil; n++ {
				}
				lock := make(chan struct{}, 1) // a mutex that a bubble can wait for
				called := make(chan struct{})
				c.NotifyWritable(func() {
					lock <- struct{}{}
					close(called)
					<-lock
				})
				done := make(chan struct{})
				go func() {
					defer close(done)
					lock <- struct{}{}
					call(b, c, s)
					select {
					case <-lock:
					default: // the test has failed
					}
				}()
				select {
				case <-done:
				case <-time.After(time.Minute):
					<-lock
					<-done // so that the bubble can end
					require.Fail(t, "the callback waits for its own caller")
				}
				select {
				case <-called:
				case <-time.After(time.Hour):
					require.Failf(t, "never called", "%+v %+v", c.Stats(), s.Stats())
				}
			})
		})
	}
}

func TestSendCopiesItsArgument(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		b.net.Stall(conntest.ToServer)
		p := []byte(numbered(0))
		require.NoError(t, c.Send(t.Context(), p))
		clear(p)
		b.net.Heal(conntest.ToServer)
		require.NoError(t, take(t.Context(), s, 0, 1))
	})
}

func TestLimitErrorConcernsTheMessageAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, &conn.Config{MaxMessage: 100}, conn.Config{MaxMessage: 200})
		for _, end := range []*conn.Conn{c, s} {
			err := end.Send(t.Context(), make([]byte, 101))
			var limit *conn.LimitError
			require.ErrorAs(t, err, &limit)
			require.Equal(t, conn.LimitError{Limit: "MaxMessage", Got: 101, Max: 100}, *limit)
			require.NoError(t, end.Send(t.Context(), make([]byte, 100)))
		}
		msg, err := s.Receive(t.Context())
		require.NoError(t, err)
		require.Len(t, msg, 100)
		msg, err = c.Receive(t.Context())
		require.NoError(t, err)
		require.Len(t, msg, 100)
	})
}

// One message always fits: one as long as the limit passes a send buffer and a
// window that are far smaller, with smaller ones before and behind it.
func TestAMessageLongerThanBufferAndWindowPasses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, &conn.Config{Window: 100, MinPing: -1}, conn.Config{SendBuffer: 100, Window: 100})
		rng := rand.New(rand.NewPCG(1, 1))
		var sizes []int
		for range 200 {
			sizes = append(sizes, []int{0, 1, 50, 95, 100, 1000, 1 << 17}[rng.IntN(7)])
		}
		sent := start(func() error {
			for i, n := range sizes {
				if err := c.Send(t.Context(), bytes.Repeat([]byte{byte(i)}, n)); err != nil {
					return err
				}
			}
			return nil
		})
		for i, n := range sizes {
			msg, err := s.Receive(t.Context())
			require.NoError(t, err)
			require.Len(t, msg, n)
			require.True(t, n == 0 || msg[0] == byte(i))
		}
		require.NoError(t, <-sent)
	})
}

func TestSendAfterTheEndSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{})
		closed := start(func() error { return s.Shutdown(t.Context(), 1234, "enough") })
		_, err := c.Receive(t.Context())
		var remote *conn.CloseError
		require.ErrorAs(t, err, &remote)
		require.NoError(t, <-closed)
		<-c.Done()
		err = c.Send(t.Context(), nil)
		require.ErrorAs(t, err, &remote)
		require.Equal(t, conn.CloseError{Code: 1234, Reason: "enough", Remote: true}, *remote)
		require.ErrorIs(t, s.Send(t.Context(), nil), conn.ErrClosed)
		require.True(t, errors.Is(s.TrySend(nil), net.ErrClosed))
	})
}

// Many senders share a small buffer: nobody starves, and each one's messages
// keep their order.
func TestConcurrentSendersKeepTheirOwnOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const senders, each = 16, 200
		_, c, s := pair(t, nil, conn.Config{SendBuffer: 300})
		var all []<-chan error
		for id := range senders {
			all = append(all, start(func() error {
				for i := range each {
					if err := c.Send(t.Context(), []byte{byte(id), byte(i)}); err != nil {
						return err
					}
				}
				return nil
			}))
		}
		var next [senders]int
		for range senders * each {
			msg, err := s.Receive(t.Context())
			require.NoError(t, err)
			require.EqualValues(t, next[msg[0]], msg[1])
			next[msg[0]]++
		}
		for _, sent := range all {
			require.NoError(t, <-sent)
		}
	})
}
