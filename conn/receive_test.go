package conn_test

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
)

// A thousand Receives are interrupted at odd times against traffic: nothing is
// lost, and the link is the same as before.
func TestReceiveCancelledAThousandTimesLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		b.net.SetSlice(conntest.ToServer, 3)
		sent := start(func() error {
			for i := range 500 {
				time.Sleep(7 * time.Millisecond)
				if err := give(t.Context(), c, i, 1); err != nil {
					return err
				}
			}
			return nil
		})
		cancelled, next := 0, 0
		for next < 500 || cancelled < 1000 {
			ctx, cancel := context.WithTimeout(t.Context(), time.Duration(cancelled%5)*time.Millisecond)
			msg, err := s.Receive(ctx)
			cancel()
			if err != nil {
				require.ErrorIs(t, err, context.DeadlineExceeded)
				cancelled++
				continue
			}
			require.Equal(t, numbered(next), string(msg))
			next++
		}
		require.NoError(t, <-sent)
		require.EqualValues(t, 1, c.Stats().Links)
	})
}

func TestReceiveReturnsAtOnceWhenItsContextEnds(t *testing.T) {
	for name, prepare := range map[string]func(b *bed){
		"reading":      func(*bed) {},
		"without link": func(b *bed) { b.net.HangDials(true); b.net.Cut(conntest.RST) },
		"black hole":   func(b *bed) { b.net.Stall(conntest.Both) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b, c, s := pair(t, nil, conn.Config{})
				prepare(b)
				for _, end := range []*conn.Conn{c, s} {
					for range 3 {
						ctx := limited(t, time.Second)
						begin := time.Now()
						_, err := end.Receive(ctx)
						require.ErrorIs(t, err, context.DeadlineExceeded)
						require.Equal(t, time.Second, time.Since(begin))
					}
				}
			})
		})
	}
}

// A message that is there is returned although the context has ended.
func TestReceiveWithDeadContextTakesWhatIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{})
		require.NoError(t, give(t.Context(), c, 0, 3))
		time.Sleep(time.Second) // the temporary reader fills the inbox
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		require.NoError(t, take(ctx, s, 0, 3))
		_, err := s.Receive(ctx)
		require.ErrorIs(t, err, context.Canceled)
	})
}

func TestSecondReceiveIsBusy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{})
		first := start(func() error { return take(t.Context(), s, 0, 1) })
		notYet(t, first)
		_, err := s.Receive(t.Context())
		require.ErrorIs(t, err, conn.ErrBusy)
		require.NoError(t, give(t.Context(), c, 0, 2))
		require.NoError(t, <-first)
		require.NoError(t, take(t.Context(), s, 1, 1))
	})
}

// Two goroutines that both call Receive may get ErrBusy, and nothing worse.
func TestErrBusyHarmsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{})
		first := start(func() error { _, err := takeToEOF(t.Context(), s); return err })
		synctest.Wait()
		for i := range 200 {
			_, err := s.Receive(t.Context())
			require.ErrorIs(t, err, conn.ErrBusy)
			require.NoError(t, give(t.Context(), c, i, 1))
			synctest.Wait()
		}
		require.NoError(t, c.Close())
		require.NoError(t, <-first)
	})
}

// The slice stays good until the next Receive, whatever else happens: more
// messages, a cut, an interrupted Flush, the end of the session.
func TestBorrowedMessageStaysGoodUntilTheNextReceive(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{})
		require.NoError(t, give(t.Context(), c, 0, 1))
		msg, err := s.Receive(t.Context())
		require.NoError(t, err)
		require.NoError(t, give(t.Context(), c, 1, 5000))
		b.net.Cut(conntest.RST)
		require.NoError(t, s.Send(t.Context(), []byte("unread")))
		require.Error(t, s.Flush(limited(t, time.Second)))
		require.Equal(t, numbered(0), string(msg))
		_ = s.Close()
		_ = c.Close()
		require.Equal(t, numbered(0), string(msg))
	})
}

// It may be read while another goroutine closes.
func TestMessageInHandWhileClosing(t *testing.T) {
	for range 200 {
		synctest.Test(t, func(t *testing.T) {
			_, c, s := pair(t, nil, conn.Config{Linger: time.Millisecond})
			require.NoError(t, give(t.Context(), c, 0, 1))
			msg, err := s.Receive(t.Context())
			require.NoError(t, err)
			closed := make(chan struct{})
			go func() { defer close(closed); _ = s.Close() }()
			require.Equal(t, numbered(0), string(msg))
			<-closed
			require.Equal(t, numbered(0), string(msg))
		})
	}
}

func TestMessagesCanBeResumed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, c, s := pair(t, nil, conn.Config{})
		require.NoError(t, give(t.Context(), c, 0, 100))
		next := 0
		for next < 100 {
			for msg, err := range s.Messages(t.Context()) {
				require.NoError(t, err)
				require.Equal(t, numbered(next), string(msg))
				if next++; next%7 == 0 {
					break
				}
				if next == 100 {
					break
				}
			}
		}
		ctx := limited(t, time.Second)
		for _, err := range s.Messages(ctx) { // the end of a context is one last error
			require.ErrorIs(t, err, context.DeadlineExceeded)
			next++
		}
		require.Equal(t, 101, next)
		closed := start(c.Close)
		for range s.Messages(t.Context()) {
			require.Fail(t, "a clean end yields nothing")
		}
		require.NoError(t, <-closed)
	})
}

func TestEndAsTheReceiverSeesIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, code := range []conn.Code{conn.CodeNormal, conn.CodeError, conn.CodeGoingAway, 4711} {
			_, c, s := pair(t, nil, conn.Config{})
			require.NoError(t, give(t.Context(), c, 0, 10))
			closed := start(func() error { return c.Shutdown(t.Context(), code, "the reason") })
			require.NoError(t, take(t.Context(), s, 0, 10), "what came before the end comes first")
			for range 3 { // the answer does not change
				_, err := s.Receive(t.Context())
				var remote *conn.CloseError
				if code == conn.CodeNormal {
					require.Equal(t, io.EOF, err)
				} else {
					require.ErrorAs(t, err, &remote)
					require.Equal(t, conn.CloseError{Code: code, Reason: "the reason", Remote: true}, *remote)
				}
			}
			require.NoError(t, <-closed)
			<-s.Done()
			var remote *conn.CloseError
			require.ErrorAs(t, s.Err(), &remote)
			require.Equal(t, "the reason", remote.Reason)
			_, err := c.Receive(t.Context())
			require.ErrorIs(t, err, net.ErrClosed)
		}
	})
}

// The end of a link is not the end of the stream: a session without resumption
// whose link ends like a file must not look like a clean end.
func TestLostSessionIsNoEOF(t *testing.T) {
	for _, how := range []conntest.Ending{conntest.FIN, conntest.RST} {
		synctest.Test(t, func(t *testing.T) {
			b, c, s := pair(t, nil, conn.Config{NoResume: true})
			b.net.Cut(how)
			for _, end := range []*conn.Conn{c, s} {
				_, err := end.Receive(t.Context())
				var lost *conn.LostError
				require.ErrorAs(t, err, &lost)
				require.Equal(t, conn.LostLink, lost.Reason)
				require.False(t, errors.Is(err, io.EOF), "%v passes for a clean end", err)
				n := 0
				for _, err := range end.Messages(t.Context()) {
					require.Error(t, err)
					n++
				}
				require.Equal(t, 1, n)
			}
		})
	}
}

// A link whose write has failed is closed by the writer, which may take a while:
// meanwhile whoever receives waits for another link, and does not read from this
// one again and again. Thousands of links that die at once would have kept the
// processors from closing them.
func TestReceiveLeavesALinkAloneThatIsBeingClosed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, echo, nil)
		var reads atomic.Int64
		let := make(chan struct{})
		closed := sync.OnceFunc(func() { close(let) })
		defer closed()
		links := 0
		c := b.dial(conn.Config{Dialers: map[string]conn.DialFunc{"mem": func(ctx context.Context, addr string) (net.Conn, error) {
			nc, err := b.net.Dial(ctx, addr)
			if links++; links > 1 || err != nil {
				return nc, err
			}
			broken := false
			h := &hooked{Conn: nc}
			h.write = func(p []byte) (int, error) {
				if broken = broken || string(p[len(p)-4:]) == "lost"; broken {
					return 0, syscall.EPIPE
				}
				return nc.Write(p)
			}
			h.close = func() error {
				err := nc.Close()
				<-let
				return err
			}
			return &counted{h, &reads}, nil
		}}})
		got := start(func() error {
			msg, err := c.Receive(t.Context())
			if err == nil {
				require.Equal(t, "lost", string(msg))
			}
			return err
		})
		synctest.Wait()
		before := reads.Load()
		require.NoError(t, c.Send(t.Context(), []byte("lost")))
		notYet(t, got)
		require.LessOrEqual(t, reads.Load()-before, int64(2))
		closed()
		require.NoError(t, <-got)
	})
}

// counted counts reads, and fails a test that reads for ever before it hangs.
type counted struct {
	*hooked
	reads *atomic.Int64
}

func (c *counted) Read(p []byte) (int, error) {
	if c.reads.Add(1) > 1000 {
		time.Sleep(time.Hour)
	}
	return c.hooked.Read(p)
}
