package conn_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
)

// A message that a handler is at work on when the server is cut off has not
// certainly been left undone: the client must not send it again on our word.
func TestMessageInHandIsNotUndelivered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begun := make(chan struct{})
		b := newBed(t, conn.OnMessage(func(context.Context, *conn.Conn, []byte) error {
			close(begun)
			time.Sleep(time.Second)
			return nil // the work is done
		}), nil)
		c := b.dial(conn.Config{})
		require.NoError(t, c.Send(t.Context(), []byte("charge 100 EUR")))
		<-begun
		require.NoError(t, b.srv.Close())
		<-c.Done()
		var lost *conn.LostError
		if errors.As(c.Err(), &lost) {
			require.Empty(t, lost.Undelivered)
		}
	})
}

// A client that has closed and gone is not waited for when the handler returns.
func TestSessionOfAClientThatClosedEndsWithItsHandler(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var over time.Time
		returned := make(chan time.Time, 1)
		trace := &conn.Trace{SessionEnd: func(*conn.Conn, error) { over = time.Now() }}
		b := newBed(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			for range c.Messages(ctx) {
				time.Sleep(10 * time.Second)
			}
			returned <- time.Now()
			return nil
		}), &conn.Config{Trace: trace})
		c := b.dial(conn.Config{})
		require.NoError(t, c.Send(t.Context(), []byte("work")))
		time.Sleep(time.Second)
		require.Error(t, c.Close(), "the work is not done")
		at := <-returned
		synctest.Wait()
		require.WithinDuration(t, at, over, time.Second)
	})
}

// A client whose server has closed the session and gone ends by itself.
func TestAnswerThatNobodyTakesIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		time.Sleep(time.Second)
		b.net.Refuse(true)
		b.link().CutAfter(conntest.ToClient, 23, conntest.RST) // the length of CLOSE
		go s.Shutdown(limited(t, time.Second), conn.CodeNormal, "")
		within(t, 10*time.Second, func() { <-c.Done() })
	})
}

// An acknowledgement that is due while the link takes nothing is due once: the
// timer does not spin, which in a bubble would stop the clock.
func TestAckDueBehindAStuckWriteDoesNotSpin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, &conn.Config{Window: 32 << 20, WriteTimeout: -1}, conn.Config{Window: 32 << 20, Heartbeat: noWatch})
		b.link().Stall(conntest.ToClient)
		require.NoError(t, s.Send(t.Context(), make([]byte, 1<<20)))
		require.NoError(t, give(t.Context(), c, 0, 1))
		require.NoError(t, take(t.Context(), s, 0, 1))
		time.Sleep(10 * time.Second)
		require.NoError(t, s.Err())
	})
}

// Long messages are not starved by short ones.
func TestLongMessageIsNotStarved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, conn.OnMessage(func(context.Context, *conn.Conn, []byte) error {
			time.Sleep(time.Millisecond)
			return nil
		}), nil)
		c := b.dial(conn.Config{SendBuffer: 1 << 16})
		ctx, stop := context.WithCancel(t.Context())
		for range 4 {
			go func() {
				for c.Send(ctx, make([]byte, 1000)) == nil {
				}
			}()
		}
		time.Sleep(time.Second)
		require.NoError(t, c.Send(limited(t, 10*time.Second), make([]byte, 60_000)))
		stop()
	})
}

// NotifyWritable waits for room for what was refused.
func TestNotifyWritableWaitsForWhatWasRefused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, _ := pair(t, nil, conn.Config{SendBuffer: 1000})
		require.NoError(t, c.Send(t.Context(), make([]byte, 500)))
		require.Equal(t, conn.ErrFull, c.TrySend(make([]byte, 600)))
		called := make(chan struct{}, 1)
		c.NotifyWritable(func() { called <- struct{}{} })
		time.Sleep(time.Minute)
		require.Empty(t, called, "there is no room for it")
		_ = c.Close()
		<-called
	})
}

// Run does not repeat what its handler has finished.
func TestRunDoesNotRepeatFinishedWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, echo, nil)
		calls := 0
		ours := errors.New("disk full")
		for _, want := range []error{nil, ours} {
			calls = 0
			err := conn.Run(t.Context(), "mem://server", conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
				calls++
				if calls == 1 {
					go b.srv.Shutdown(limited(t, time.Minute))
					time.Sleep(time.Second) // the server asks us to leave
				}
				return want
			}), b.client(conn.Config{}))
			require.ErrorIs(t, err, want)
			require.Equal(t, 1, calls)
			b.restart(echo)
		}
	})
}
