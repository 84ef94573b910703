package conn

import (
	"context"
	"errors"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

// What follows from a link's death may find the link dying once more: whoever lets
// the Conn's lock go does what others have left to be done after it.
func TestALinkThatFailsWithinItsOwnFailing(t *testing.T) {
	_, nc := net.Pipe()
	l := newLink(nc)
	again := make(chan struct{})
	l.onDead = func() {
		l.fail(errors.New("the verdict of the heartbeat"))
		close(again)
	}
	go l.fail(errors.New("reset by peer"))
	select {
	case <-again:
	case <-time.After(10 * time.Second):
		t.Fatal("it waits for itself")
	}
}

// A batch is refused by a Conn that closes as a message is: not with ErrFull, upon
// which NotifyWritable calls at once, for ever.
func TestBatchBehindAPrecedingSendLearnsOfTheClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, HandlerFunc(func(ctx context.Context, _ *Conn) error { <-ctx.Done(); return nil }), nil)
		c, err := Dial(t.Context(), "mem://server", &Config{SendBuffer: 1000, Dialers: map[string]DialFunc{
			"mem": func(context.Context, string) (net.Conn, error) { return r.dial(""), nil },
		}})
		require.NoError(t, err)
		for c.TrySend(make([]byte, 50)) == nil {
		}
		c.mu.Lock()
		c.first = &turn{900} // as a long Send that was passed over has it
		c.mu.Unlock()
		closed := make(chan struct{})
		go func() {
			_ = c.Close()
			close(closed)
		}()
		synctest.Wait()
		b, err := Encode(make([]byte, 50))
		require.NoError(t, err)
		require.ErrorIs(t, c.TrySendBatch(b), ErrClosed)
		<-closed
	})
}

// A Send that waits for room learns of a Close when that begins.
func TestAWaitingSendLearnsOfTheClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := inMemory(t, HandlerFunc(func(ctx context.Context, _ *Conn) error { <-ctx.Done(); return nil }), nil)
		c, err := Dial(t.Context(), "mem://server", &Config{SendBuffer: 1000, Dialers: map[string]DialFunc{
			"mem": func(context.Context, string) (net.Conn, error) { return r.dial(""), nil },
		}})
		require.NoError(t, err)
		for c.TrySend(make([]byte, 50)) == nil {
		}
		sent := make(chan error, 1)
		go func() { sent <- c.Send(t.Context(), make([]byte, 50)) }()
		synctest.Wait()
		began := time.Now()
		go c.Close()
		require.ErrorIs(t, <-sent, ErrClosed)
		require.Zero(t, time.Since(began))
		<-c.Done()
	})
}
