// Package js_test holds the JavaScript client against this module's server.
package js_test

import (
	"context"
	"errors"
	"net"
	"path/filepath"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestUnits(t *testing.T) {
	files, err := filepath.Glob("*.test.js")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	out := <-node(t, append([]string{"--test", "--test-reporter=tap"}, files...)...)
	require.NoError(t, out.err, out.stdout)
	assert.Regexp(t, `(?m)^# pass [23]\d\d$`, out.stdout)
	for _, none := range []string{"fail", "cancelled", "skipped", "todo"} {
		assert.Contains(t, out.stdout, "\n# "+none+" 0\n")
	}
}

// over runs a test over each transport. A test that cuts links cuts them at any
// byte, so over WebSocket also within the upgrade.
func over(t *testing.T, f func(t *testing.T, scheme string)) {
	for _, scheme := range []string{"tcp", "ws"} {
		t.Run(scheme, func(t *testing.T) { f(t, scheme) })
	}
}

func cuts(seed uint64, count int, mean int64, directions faultproxy.Direction) *faultproxy.Config {
	return &faultproxy.Config{Schedule: faultproxy.Schedule{Seed: seed, Cuts: count, Mean: mean, Directions: directions}}
}

func TestEchoWhileTheLinkIsCut(t *testing.T) {
	const count, planned = 4000, 50
	for _, tt := range []struct {
		name string
		seed uint64
		cfg  conn.Config
	}{
		{"large windows", 1, conn.Config{}},
		{"a small window of the server", 2, conn.Config{Window: 4096, SendBuffer: 8192}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			over(t, func(t *testing.T, scheme string) {
				s := start(t, scheme, tt.cfg, echo, cuts(tt.seed, planned, 25<<10, 0))
				out := <-s.echo(t, "--count", strconv.Itoa(count), "--longest", "20")
				require.NoError(t, out.err, out.stderr)
				t.Log(strings.TrimSpace(out.stdout))

				assert.Equal(t, []int{count, count, 0}, out.counts(t))
				assert.GreaterOrEqual(t, s.proxy.Stats().Cuts, planned*4/5)
				assert.GreaterOrEqual(t, s.links.Load(), int64(planned/2), "resumptions")
				assert.EqualValues(t, 1, s.sessions.Load())
				s.wantEnd(t, "the client closed", closedByClient)
				assert.EqualValues(t, count, s.echoed.Load(), "each exactly once")
			})
		})
	}
}

func TestBothSidesSendOnTheirOwn(t *testing.T) {
	over(t, func(t *testing.T, scheme string) {
		const count, pushes, planned = 3000, 5000, 50
		s := start(t, scheme, conn.Config{SendBuffer: 64 << 10, Window: 64 << 10}, pushing(pushes), cuts(3, planned, 20<<10, 0))
		out := <-s.echo(t, "--count", strconv.Itoa(count), "--pushes", strconv.Itoa(pushes), "--longest", "20")
		require.NoError(t, out.err, out.stderr)
		t.Log(strings.TrimSpace(out.stdout))

		assert.Equal(t, []int{count, count, pushes}, out.counts(t))
		assert.GreaterOrEqual(t, s.proxy.Stats().Cuts, planned*4/5)
		assert.GreaterOrEqual(t, s.links.Load(), int64(planned/2), "resumptions")
		assert.EqualValues(t, 1, s.sessions.Load())
		assert.EqualValues(t, count, s.echoed.Load())
	})
}

func TestBytesInSlices(t *testing.T) {
	over(t, func(t *testing.T, scheme string) {
		const count = 300
		s := start(t, scheme, conn.Config{}, echo, nil)
		s.proxy.SetSlice(faultproxy.Both, 1)
		out := <-s.echo(t, "--count", strconv.Itoa(count))
		require.NoError(t, out.err, out.stderr)
		assert.Equal(t, []int{count, count, 0}, out.counts(t))
	})
}

func TestASlowReceiverWithASmallWindow(t *testing.T) {
	over(t, func(t *testing.T, scheme string) {
		const count, pushes, window = 300, 800, 2000
		var held atomic.Bool // the server had to wait for the window
		s := start(t, scheme, conn.Config{SendBuffer: 8 * window}, func(s *server) conn.HandlerFunc {
			return func(ctx context.Context, c *conn.Conn) error {
				return both(ctx, s, c, pushes, func() {
					if st := c.Stats(); st.Connected && st.Unsent > 2*window {
						held.Store(true)
					}
				})
			}
		}, cuts(4, 10, 20<<10, faultproxy.ToClient))
		out := <-s.echo(t, "--count", strconv.Itoa(count), "--pushes", strconv.Itoa(pushes),
			"--window", strconv.Itoa(window), "--slow", "1", "--longest", "20")
		require.NoError(t, out.err, out.stderr)
		t.Log(strings.TrimSpace(out.stdout))
		assert.Equal(t, []int{count, count, pushes}, out.counts(t))
		assert.True(t, held.Load(), "the window held the server back")
		assert.Zero(t, s.proxy.Stats().Planned, "all cuts have struck")
	})
}

// A link that goes silent, in one direction or both, while nothing says so.
func TestHalfOpenLinks(t *testing.T) {
	over(t, func(t *testing.T, scheme string) {
		for _, d := range []faultproxy.Direction{faultproxy.ToServer, faultproxy.ToClient, faultproxy.Both} {
			t.Run(d.String(), func(t *testing.T) {
				const count = 600
				s := start(t, scheme, conn.Config{MinPing: -1}, echo, nil)
				done := s.echo(t, "--count", strconv.Itoa(count), "--slow", "1", "--ping", "100", "--dead", "400", "--longest", "20")
				s.waitFor(t, 200, done)
				for _, l := range s.proxy.Links() {
					l.Stall(d)
				}
				out := <-done
				require.NoError(t, out.err, out.stderr)
				assert.Equal(t, []int{count, count, 0}, out.counts(t))
				assert.Contains(t, out.stderr, "the link is silent")
				assert.EqualValues(t, 2, s.links.Load())
				assert.EqualValues(t, count, s.echoed.Load())
			})
		}
	})
}

func TestARestartedServerLosesTheSession(t *testing.T) {
	over(t, func(t *testing.T, scheme string) {
		s := start(t, scheme, conn.Config{}, echo, nil)
		other := start(t, scheme, conn.Config{}, echo, nil)
		done := s.echo(t, "--count", "1000000", "--longest", "20")
		s.waitFor(t, 500, done)
		s.proxy.SetTarget(other.addr)
		s.proxy.Cut(faultproxy.RST)
		out := <-done
		assert.Equal(t, 3, out.status(t), out.stderr)
		assert.Regexp(t, `^lost: restarted: .*, ends lost restarted\n$`, out.stderr, "told once")
		assert.Zero(t, other.sessions.Load())
	})
}

func TestAnotherSessionAfterARestart(t *testing.T) {
	over(t, func(t *testing.T, scheme string) {
		const count = 1000
		s := start(t, scheme, conn.Config{}, echo, nil)
		other := start(t, scheme, conn.Config{}, echo, nil)
		done := s.echo(t, "--count", strconv.Itoa(count), "--again", "--slow", "1", "--longest", "20")
		s.waitFor(t, 500, done)
		s.proxy.SetTarget(other.addr)
		s.proxy.Cut(faultproxy.RST)
		out := <-done
		require.NoError(t, out.err, out.stderr)
		assert.Equal(t, []int{count, count, 0}, out.counts(t))
		assert.Contains(t, out.stdout, "ends lost restarted; closed 0,", "told once, and the second session in good order")
		assert.EqualValues(t, 1, other.sessions.Load())
		assert.EqualValues(t, count, other.echoed.Load(), "nothing was carried over")
	})
}

func TestAServerThatForgotLosesTheSession(t *testing.T) {
	over(t, func(t *testing.T, scheme string) {
		s := start(t, scheme, conn.Config{SessionTTL: 50 * time.Millisecond}, echo, nil)
		done := s.echo(t, "--count", "1000000", "--longest", "20")
		s.waitFor(t, 500, done)
		require.NoError(t, s.proxy.Pause())
		s.wantEnd(t, "the session expires", func(err error) bool {
			var lost *conn.LostError
			return errors.As(err, &lost) && lost.Reason == conn.LostExpired
		})
		require.NoError(t, s.proxy.Resume())
		out := <-done
		assert.Equal(t, 3, out.status(t), out.stderr)
		assert.Regexp(t, `^lost: expired: .*, ends lost expired\n$`, out.stderr, "told once")
	})
}

func TestShutdownLosesNothing(t *testing.T) {
	over(t, func(t *testing.T, scheme string) {
		for _, tt := range []struct {
			name string
			cuts int
		}{{"on one link", 0}, {"over cut links", 40}} {
			t.Run(tt.name, func(t *testing.T) {
				s := start(t, scheme, conn.Config{}, echo, cuts(5, tt.cuts, 20<<10, 0))
				done := s.echo(t, "--count", "1000000", "--longest", "20", "--closed", "3")
				s.waitFor(t, 500, done)
				ctx, cancel := context.WithTimeout(t.Context(), patience)
				defer cancel()
				require.NoError(t, s.srv.Shutdown(ctx))
				out := <-done
				require.NoError(t, out.err, out.stderr)
				t.Log(strings.TrimSpace(out.stdout))
				counts := out.counts(t)
				assert.GreaterOrEqual(t, counts[0], 500)
				assert.EqualValues(t, counts[0], s.echoed.Load())
			})
		}
	})
}

func TestAnotherSessionAfterGoaway(t *testing.T) {
	over(t, func(t *testing.T, scheme string) {
		const count = 1000
		s := start(t, scheme, conn.Config{ComeBackMin: 300 * time.Millisecond, ComeBackMax: 301 * time.Millisecond}, echo, nil)
		other := start(t, scheme, conn.Config{}, echo, nil)
		done := s.echo(t, "--count", strconv.Itoa(count), "--again", "--slow", "1", "--longest", "20")
		s.waitFor(t, 500, done)
		s.proxy.SetTarget(other.addr)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		defer cancel()
		require.NoError(t, s.srv.Shutdown(ctx))
		left := time.Now()
		other.waitFor(t, 1, done)
		assert.GreaterOrEqual(t, time.Since(left), 250*time.Millisecond, "the client comes back when it was asked to")
		out := <-done
		require.NoError(t, out.err, out.stderr)
		assert.Equal(t, []int{count, count, 0}, out.counts(t))
		assert.Contains(t, out.stdout, "ends closed 3; closed 0,")
		assert.EqualValues(t, count, other.echoed.Load())
	})
}

func TestTheServerCloses(t *testing.T) {
	over(t, func(t *testing.T, scheme string) {
		const count = 500
		s := start(t, scheme, conn.Config{}, func(s *server) conn.HandlerFunc {
			return func(ctx context.Context, c *conn.Conn) error {
				for range count {
					if err := s.echoOne(ctx, c); err != nil {
						return err
					}
				}
				return c.Shutdown(ctx, 1234, "enough ☺")
			}
		}, cuts(6, 10, 20<<10, faultproxy.ToClient))
		out := <-s.echo(t, "--count", strconv.Itoa(count), "--longest", "20", "--closed", "1234")
		require.NoError(t, out.err, out.stderr)
		assert.Equal(t, []int{count, count, 0}, out.counts(t))
		assert.Greater(t, s.links.Load(), int64(5), "resumptions")
		s.wantEnd(t, "all was delivered", func(err error) bool { return errors.Is(err, conn.ErrClosed) })
	})
}

func TestTheClientClosesWhileTheServerSends(t *testing.T) {
	over(t, func(t *testing.T, scheme string) {
		s := start(t, scheme, conn.Config{SessionTTL: 5 * time.Second}, pushing(1_000_000), nil)
		out := <-s.echo(t, "--count", "200", "--pushes", "300")
		require.NoError(t, out.err, out.stderr)
		s.wantEnd(t, "the client closed, and what was on its way is not delivered", func(err error) bool {
			var lost *conn.LostError
			if errors.As(err, &lost) {
				return lost.Reason == conn.LostClosed && len(lost.Undelivered) > 0 && len(lost.Unknown) == 0
			}
			return closedByClient(err) // it may have consumed all that there was
		})
	})
}

// The server is gone at once. If a reset overtakes its CLOSE on the way to a
// client that still sends, nobody is left to tell what became of the session.
func TestTheServerCutsTheSessionOff(t *testing.T) {
	over(t, func(t *testing.T, scheme string) {
		s := start(t, scheme, conn.Config{}, echo, nil)
		done := s.echo(t, "--count", "1000000", "--longest", "20", "--give-up", "3000")
		s.waitFor(t, 500, done)
		require.NoError(t, s.srv.Close())
		out := <-done
		assert.NotZero(t, out.status(t))
		assert.Regexp(t, `^lost: closed: .*, ends lost closed\n$|^lost: gave-up: .*, ends lost gave-up\n$|ClosedError.* code 4`, out.stderr)
	})
}

// A server that cannot be reached for a while is waited for.
func TestAnOutage(t *testing.T) {
	over(t, func(t *testing.T, scheme string) {
		const count = 1000
		s := start(t, scheme, conn.Config{}, echo, nil)
		done := s.echo(t, "--count", strconv.Itoa(count), "--slow", "1", "--longest", "20")
		s.waitFor(t, 200, done)
		for _, mode := range []faultproxy.Mode{faultproxy.Refuse, faultproxy.Reset} {
			require.NoError(t, s.proxy.SetMode(mode))
			s.proxy.Cut(faultproxy.FIN)
			time.Sleep(100 * time.Millisecond) // the length of the outage
			require.NoError(t, s.proxy.SetMode(faultproxy.Forward))
			s.waitFor(t, s.echoed.Load()+200, done)
		}
		out := <-done
		require.NoError(t, out.err, out.stderr)
		assert.Equal(t, []int{count, count, 0}, out.counts(t))
		assert.EqualValues(t, count, s.echoed.Load())
	})
}

func TestTheNewestLinkMayBeOfAnotherTransport(t *testing.T) {
	s := start(t, "ws", conn.Config{}, echo, nil)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- s.srv.Serve(t.Context(), ln) }()
	t.Cleanup(func() { <-served })
	const count = 2000
	done := node(t, websocket, "switch.js", s.target(), ln.Addr().String(), strconv.Itoa(count))
	s.waitFor(t, 100, done)
	out := <-done
	require.NoError(t, out.err, out.stderr)
	assert.Equal(t, []int{count, count, 0}, out.counts(t))
	assert.EqualValues(t, count, s.echoed.Load())
	assert.EqualValues(t, 1, s.sessions.Load())
	assert.Greater(t, s.links.Load(), int64(5))
}

func closedByClient(err error) bool {
	var closed *conn.CloseError
	return errors.As(err, &closed) && closed.Code == conn.CodeNormal && closed.Remote || errors.Is(err, conn.ErrClosed)
}
