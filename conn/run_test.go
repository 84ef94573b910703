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
	"github.com/longsplice/longsplice/reconnect"
)

// Row 13, as an application sees it: the handler is called again, once.
func TestRunCallsTheHandlerAgainAfterARestart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, deaf, nil)
		ends := make(chan error, 10)
		ctx, cancel := context.WithCancel(t.Context())
		ran := start(func() error {
			return conn.Run(ctx, "mem://server", conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
				_, err := c.Receive(ctx)
				ends <- err
				return err
			}), b.client(conn.Config{}))
		})
		for range 3 {
			time.Sleep(time.Minute)
			require.Empty(t, ends)
			b.restart(deaf)
			var lost *conn.LostError
			require.ErrorAs(t, <-ends, &lost)
			require.Equal(t, conn.LostRestarted, lost.Reason)
		}
		time.Sleep(time.Minute)
		require.Empty(t, ends)
		cancel()
		require.ErrorIs(t, <-ran, context.Canceled)
	})
}

func TestRunReturnsWhatItsHandlerDoes(t *testing.T) {
	boom := errors.New("boom")
	for name, h := range map[string]struct {
		serve func(ctx context.Context, c *conn.Conn) error
		want  error
	}{
		"nil":       {func(context.Context, *conn.Conn) error { return nil }, nil},
		"own error": {func(context.Context, *conn.Conn) error { return boom }, boom},
		"clean end": {func(ctx context.Context, c *conn.Conn) error {
			for range c.Messages(ctx) {
			}
			return nil
		}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			for range 50 { // whichever CLOSE is written first
				synctest.Test(t, func(t *testing.T) {
					calls := 0
					b := newBed(t, conn.HandlerFunc(func(context.Context, *conn.Conn) error { return nil }), nil)
					err := conn.Run(t.Context(), "mem://server", conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
						calls++
						return h.serve(ctx, c)
					}), b.client(conn.Config{}))
					require.ErrorIs(t, err, h.want)
					require.Equal(t, 1, calls)
				})
			}
		})
	}
}

// When Run's context ends, the session is closed as Close does: what was
// accepted has Linger to arrive.
func TestRunDeliversWhenItsContextEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		received := make(chan int, 1)
		b := newBed(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			n, err := takeToEOF(ctx, c)
			received <- n
			return err
		}), nil)
		b.net.SetLatency(conntest.Both, 50*time.Millisecond)
		ctx, cancel := context.WithCancel(t.Context())
		err := conn.Run(ctx, "mem://server", conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			require.NoError(t, give(ctx, c, 0, 100))
			cancel()
			<-ctx.Done()
			return ctx.Err()
		}), b.client(conn.Config{}))
		require.ErrorIs(t, err, context.Canceled)
		require.Equal(t, 100, <-received)
	})
}

// A server that drains sends its clients away for a time that it names.
func TestRunComesBackWhenToldTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, echo, &conn.Config{ComeBackMin: time.Minute, ComeBackMax: 2 * time.Minute})
		began := make(chan time.Time, 10)
		ctx, cancel := context.WithCancel(t.Context())
		ran := start(func() error {
			return conn.Run(ctx, "mem://server", conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
				began <- time.Now()
				_, err := c.Receive(ctx)
				return err
			}), b.client(conn.Config{}))
		})
		<-began
		require.NoError(t, b.srv.Shutdown(limited(t, time.Minute)))
		left := time.Now()
		b.serve(echo)
		back := (<-began).Sub(left)
		require.GreaterOrEqual(t, back, time.Minute)
		require.LessOrEqual(t, back, 2*time.Minute+time.Second)
		cancel()
		<-ran
	})
}

// A server that is closed at once says the same, without a time. The handler may
// hear of it before the session is over.
func TestRunComesBackAfterAServerThatWasClosed(t *testing.T) {
	for i := range 30 {
		synctest.Test(t, func(t *testing.T) {
			b := newBed(t, deaf, nil)
			b.net.SetLatency(conntest.Both, time.Duration(i)*time.Millisecond)
			began := make(chan bool, 10)
			ctx, cancel := context.WithCancel(t.Context())
			ran := start(func() error {
				return conn.Run(ctx, "mem://server", conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
					began <- true
					_, err := c.Receive(ctx)
					return err
				}), b.client(conn.Config{}))
			})
			<-began
			time.Sleep(time.Second)
			_ = b.srv.Close()
			b.serve(deaf)
			select {
			case <-began:
			case err := <-ran:
				require.NoError(t, err, "latency of %d ms", i)
				require.FailNow(t, "Run has ended")
			}
			cancel()
			<-ran
		})
	}
}

func TestRunGivesUpAsItsPolicySays(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := newBed(t, echo, nil)
		b.net.Refuse(true)
		err := conn.Run(t.Context(), "mem://server", echo, b.client(conn.Config{Retry: reconnect.Policy{MaxAttempts: 3}}))
		var gaveUp *reconnect.GaveUpError
		require.ErrorAs(t, err, &gaveUp)
		require.Equal(t, 3, gaveUp.Attempts)
	})
}

// With an established session the policy's end is a lost session.
func TestGivingUpIsALostSession(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, _ := pair(t, nil, conn.Config{Retry: reconnect.Policy{MaxAttempts: 3, StableAfter: -1}})
		time.Sleep(time.Second)
		b.net.Refuse(true)
		b.net.Cut(conntest.RST)
		synctest.Wait() // the end is noticed
		require.NoError(t, give(t.Context(), c, 0, 4))
		<-c.Done()
		var lost *conn.LostError
		require.ErrorAs(t, c.Err(), &lost)
		require.Equal(t, conn.LostGaveUp, lost.Reason)
		require.Len(t, lost.Undelivered, 4, "there was no link to carry them")
		var gaveUp *reconnect.GaveUpError
		require.ErrorAs(t, c.Err(), &gaveUp)
	})
}

// What becomes of a server's session is the handler's choice.
func TestHandlersReturn(t *testing.T) {
	for name, c := range map[string]struct {
		end  func() error
		want conn.CloseError
	}{
		"nil":        {func() error { return nil }, conn.CloseError{}},
		"error":      {func() error { return errors.New("secret") }, conn.CloseError{Code: conn.CodeError, Remote: true}},
		"CloseError": {func() error { return &conn.CloseError{Code: 1001, Reason: "why"} }, conn.CloseError{Code: 1001, Reason: "why", Remote: true}},
		"panic":      {func() error { panic("secret") }, conn.CloseError{Code: conn.CodeError, Remote: true}},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				b := newBed(t, conn.HandlerFunc(func(ctx context.Context, cc *conn.Conn) error {
					if err := take(ctx, cc, 0, 2); err != nil {
						return err
					}
					if err := give(ctx, cc, 0, 3); err != nil {
						return err
					}
					return c.end()
				}), nil)
				for range 2 { // the server lives
					cl := b.dial(conn.Config{})
					require.NoError(t, give(t.Context(), cl, 0, 2))
					require.NoError(t, take(t.Context(), cl, 0, 3), "what it had sent arrives first")
					_, err := cl.Receive(t.Context())
					if c.want == (conn.CloseError{}) {
						require.EqualError(t, err, "EOF")
						require.Zero(t, cl.Stats().Unacked, "the message in hand counts as consumed")
						continue
					}
					var remote *conn.CloseError
					require.ErrorAs(t, err, &remote)
					require.Equal(t, c.want, *remote)
					<-cl.Done()
					var lost *conn.LostError
					require.ErrorAs(t, cl.Err(), &lost, "the message in hand was not consumed")
					require.Len(t, lost.Undelivered, 1)
					require.Equal(t, numbered(1), string(lost.Undelivered[0]))
				}
			})
		})
	}
}

// What was on its way does not turn a server's "go" into "come again".
func TestRunEndsWhenTheServerClosesWhateverWasOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const kicked conn.Code = 1000
		const latency = 10 * time.Millisecond
		b := newBed(t, conn.HandlerFunc(func(context.Context, *conn.Conn) error {
			time.Sleep(latency / 2) // of the bubble: what the client says is on its way
			return &conn.CloseError{Code: kicked, Reason: "kicked"}
		}), nil)
		b.net.SetLatency(conntest.Both, latency)
		sessions := 0
		err := conn.Run(t.Context(), "mem://server", conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			sessions++
			for range 10 {
				if err := c.Send(ctx, []byte("in vain")); err != nil {
					return err
				}
			}
			<-c.Done()
			return c.Err()
		}), b.client(conn.Config{}))
		var lost *conn.LostError
		require.ErrorAs(t, err, &lost)
		require.Equal(t, conn.LostClosed, lost.Reason)
		require.Equal(t, 1, sessions)
	})
}
