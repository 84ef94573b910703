package conn

import (
	"bytes"
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/internal/chaos/row"
	"github.com/longsplice/longsplice/internal/wire"
)

// What a handler does wrong ends its own session, with the message in hand not
// consumed, and nobody else's.
func TestHandlerThatFails(t *testing.T) {
	row.Of(t, 36, "")
	for name, c := range map[string]struct {
		do     func() error
		code   Code
		reason string
		panics bool
	}{
		"panics":               {do: func() error { panic("boom") }, code: CodeError, panics: true},
		"panics with an error": {do: func() error { panic(errors.New("boom")) }, code: CodeError, panics: true},
		"panics by accident":   {do: func() error { var m map[string]int; m["x"]++; return nil }, code: CodeError, panics: true},
		"exits":                {do: func() error { runtime.Goexit(); return nil }, code: CodeError},
		"returns an error":     {do: func() error { return errors.New("secret detail") }, code: CodeError},
		"chooses a code":       {do: func() error { return &CloseError{Code: 1234, Reason: "because"} }, code: 1234, reason: "because"},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := inMemory(t, OnMessage(func(ctx context.Context, _ *Conn, msg []byte) error {
					if string(msg) == "bad" {
						return c.do()
					}
					return nil
				}), nil)
				p, other := r.peer(), r.peer()
				p.greet(rawHello())
				other.greet(rawHello())
				p.data("good", "bad", "never seen")
				got, err := wire.ParseClose(p.until(wire.KindClose))
				require.NoError(t, err)
				require.Equal(t, uint16(c.code), got.Code)
				require.Equal(t, c.reason, got.Reason)
				require.Equal(t, uint64(9), got.Consumed, "the first, and not the one in hand")
				p.write(wire.Close{Final: p.sum.Sent}.Append(nil))
				p.rest()
				synctest.Wait()
				require.Equal(t, c.panics, len(traced(r, &r.panics)) == 1)
				require.Len(t, traced(r, &r.ends), 1)

				other.data("good")
				other.write(wire.AppendAckReq(nil))
				for consumed := uint64(0); consumed < other.sum.Sent; {
					a, err := wire.ParseAck(other.until(wire.KindAck))
					require.NoError(t, err)
					consumed = a.Consumed
				}
				r.peer().greet(rawHello())
				require.Equal(t, 2, r.srv.sessions.len())
			})
		})
	}
}

// While a handler is busy its peer hears that the link lives, and how much was
// received; what waits is bounded by the window.
func TestBusyHandlerDoesNotSilenceTheLink(t *testing.T) {
	row.Of(t, 37, "")
	for name, busy := range map[string]func(context.Context, *Conn, chan struct{}){
		"before it receives": func(_ context.Context, _ *Conn, done chan struct{}) { <-done },
		"with a message": func(ctx context.Context, c *Conn, done chan struct{}) {
			_, _ = c.Receive(ctx)
			<-done
		},
		"after it gave up waiting": func(ctx context.Context, c *Conn, done chan struct{}) {
			for range 3 {
				short, cancel := context.WithTimeout(ctx, 100*time.Millisecond)
				_, _ = c.Receive(short)
				cancel()
			}
			<-done
		},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				done := make(chan struct{})
				defer close(done)
				conns := make(chan *Conn, 1)
				r := inMemory(t, HandlerFunc(func(ctx context.Context, c *Conn) error {
					conns <- c
					busy(ctx, c, done)
					return nil
				}), &Config{Window: smallWindow})
				p := r.peer()
				p.greet(rawHello())
				c := <-conns
				time.Sleep(time.Second) // of the bubble
				for range 9 {
					p.data(strings.Repeat("x", 95))
				}
				for i := range uint64(100) {
					require.NoError(t, p.nc.SetReadDeadline(time.Now().Add(time.Minute)))
					began := time.Now()
					p.write(wire.AppendNonce(nil, wire.KindPing, i+1))
					nonce, err := wire.ParseNonce(p.until(wire.KindPong))
					require.NoError(t, err)
					require.Equal(t, i+1, nonce)
					require.Less(t, time.Since(began), 100*time.Millisecond)
					time.Sleep(time.Duration(i) * 100 * time.Millisecond) // of the bubble
					p.write(wire.AppendAckReq(nil))
					for {
						a, err := wire.ParseAck(p.until(wire.KindAck))
						require.NoError(t, err)
						require.Zero(t, a.Consumed)
						if a.Received == p.sum.Sent {
							break
						}
					}
				}
				require.LessOrEqual(t, c.inboxBytes(), smallWindow)
				require.NoError(t, c.Err())
			})
		})
	}
}

// The same on a socket, where reading and writing take other ways.
func TestBusyHandlerDoesNotSilenceASocket(t *testing.T) {
	done := make(chan struct{})
	r := onTCP(t, HandlerFunc(func(ctx context.Context, c *Conn) error {
		short, cancel := context.WithTimeout(ctx, 10*time.Millisecond)
		defer cancel()
		_, _ = c.Receive(short)
		<-done
		return nil
	}), &Config{MinPing: -1})
	defer close(done)
	p := r.peer()
	p.greet(rawHello())
	worst := time.Duration(0)
	for i := range uint64(200) {
		began := time.Now()
		p.write(wire.AppendNonce(nil, wire.KindPing, i+1))
		p.until(wire.KindPong)
		worst = max(worst, time.Since(began))
	}
	require.Less(t, worst, 500*time.Millisecond, "100 ms, and what a busy machine adds")
}

// A message is borrowed until the next Receive, whatever becomes of the session.
func TestMessageInHandOutlivesTheSession(t *testing.T) {
	for name, end := range map[string]func(*rawPeer, *Conn){
		"closed here":   func(_ *rawPeer, c *Conn) { _ = c.Close() },
		"closed there":  func(p *rawPeer, _ *Conn) { p.write(wire.Close{Final: p.sum.Sent}.Append(nil)) },
		"a violation":   func(p *rawPeer, c *Conn) { p.write(wire.AppendHeader(nil, 0x7f, 0)); <-c.Done() },
		"a dead link":   func(p *rawPeer, _ *Conn) { _ = p.nc.Close() },
		"more to read":  func(p *rawPeer, _ *Conn) { p.write(bytes.Repeat(wire.AppendAckReq(nil), 10_000)) },
		"the server's":  func(_ *rawPeer, c *Conn) { go func() { _ = c.server.Close() }(); <-c.Done() },
		"lost, evicted": func(_ *rawPeer, c *Conn) { c.lose(LostEvicted, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				r := inMemory(t, nil, nil)
				p, _, c := r.session()
				p.data("borrowed", "and more")
				msg, err := c.Receive(t.Context())
				require.NoError(t, err)
				end(p, c)
				time.Sleep(time.Second) // of the bubble
				require.Equal(t, "borrowed", string(msg))
			})
		})
	}
}
