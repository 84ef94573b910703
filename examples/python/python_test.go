// Package python_test holds the Python client against this module's server.
package python_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"sync"
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

// patience bounds each run of Python, and each wait.
const patience = 2 * time.Minute

func TestVectorsAndRules(t *testing.T) {
	out := <-python(t, "-W", "error", "-m", "unittest", "test_vectors", "test_rules")
	require.NoError(t, out.err, out.stderr)
	assert.Regexp(t, `Ran \d\d tests`, out.stderr)
}

func TestEchoWhileTheLinkIsCut(t *testing.T) {
	const count, cuts = 4000, 50
	for _, tt := range []struct {
		name string
		seed uint64
		cfg  conn.Config
	}{
		{"large windows", 1, conn.Config{}},
		{"a small window of the server", 2, conn.Config{Window: 4096, SendBuffer: 8192}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, tt.cfg, echo, &faultproxy.Config{Schedule: faultproxy.Schedule{Seed: tt.seed, Cuts: cuts, Mean: 25 << 10}})
			out := <-python(t, "echo.py", s.proxy.Addr().String(), "-n", strconv.Itoa(count), "--max-delay", "0.02")
			require.NoError(t, out.err, out.stderr)
			t.Log(strings.TrimSpace(out.stdout))

			assert.Equal(t, []int{count, count, 0}, out.counts(t))
			assert.GreaterOrEqual(t, s.proxy.Stats().Cuts, cuts*4/5)
			assert.GreaterOrEqual(t, s.links.Load(), int64(cuts/2), "resumptions")
			assert.EqualValues(t, 1, s.sessions.Load())
			s.wantEnd(t, "the client closed", func(err error) bool {
				var closed *conn.CloseError
				return errors.As(err, &closed) && closed.Code == conn.CodeNormal && closed.Remote || errors.Is(err, conn.ErrClosed)
			})
			assert.EqualValues(t, count, s.echoed.Load(), "each exactly once")
		})
	}
}

func TestBothSidesSendOnTheirOwn(t *testing.T) {
	const count, pushes, cuts = 3000, 5000, 50
	s := start(t, conn.Config{SendBuffer: 64 << 10, Window: 64 << 10}, pushing(pushes),
		&faultproxy.Config{Schedule: faultproxy.Schedule{Seed: 3, Cuts: cuts, Mean: 20 << 10}})
	out := <-python(t, "echo.py", s.proxy.Addr().String(), "-n", strconv.Itoa(count), "--pushes", strconv.Itoa(pushes), "--max-delay", "0.02")
	require.NoError(t, out.err, out.stderr)
	t.Log(strings.TrimSpace(out.stdout))

	assert.Equal(t, []int{count, count, pushes}, out.counts(t))
	assert.GreaterOrEqual(t, s.proxy.Stats().Cuts, cuts*4/5)
	assert.GreaterOrEqual(t, s.links.Load(), int64(cuts/2), "resumptions")
	assert.EqualValues(t, 1, s.sessions.Load())
	assert.EqualValues(t, count, s.echoed.Load())
}

func TestASlowReceiverWithASmallWindow(t *testing.T) {
	const count, pushes, window = 500, 1500, 2000
	var held atomic.Bool // the server had to wait for the window
	s := start(t, conn.Config{SendBuffer: 8 * window}, func(s *server) conn.HandlerFunc {
		return func(ctx context.Context, c *conn.Conn) error {
			return both(ctx, s, c, pushes, func() {
				if st := c.Stats(); st.Connected && st.Unsent > 2*window {
					held.Store(true)
				}
			})
		}
	}, &faultproxy.Config{Schedule: faultproxy.Schedule{Seed: 4, Cuts: 10, Mean: 20 << 10, Directions: faultproxy.ToClient}})
	out := <-python(t, "echo.py", s.proxy.Addr().String(), "-n", strconv.Itoa(count), "--pushes", strconv.Itoa(pushes),
		"--window", strconv.Itoa(window), "--slow", "0.001", "--max-delay", "0.02")
	require.NoError(t, out.err, out.stderr)
	t.Log(strings.TrimSpace(out.stdout))
	assert.Equal(t, []int{count, count, pushes}, out.counts(t))
	assert.True(t, held.Load(), "the window held the server back")
	assert.Zero(t, s.proxy.Stats().Planned, "all cuts have struck")
}

func TestARestartedServerLosesTheSession(t *testing.T) {
	s := start(t, conn.Config{}, echo, nil)
	other := start(t, conn.Config{}, echo, nil)
	done := python(t, "echo.py", s.proxy.Addr().String(), "-n", "1000000", "--max-delay", "0.02")
	s.waitFor(t, 500, done)
	s.proxy.SetTarget(other.addr)
	s.proxy.Cut(faultproxy.RST)
	out := <-done
	assert.Equal(t, 3, out.status(t), out.stderr)
	assert.Contains(t, out.stderr, "lost: restarted")
	assert.Zero(t, other.sessions.Load())
}

func TestAServerThatForgotLosesTheSession(t *testing.T) {
	s := start(t, conn.Config{SessionTTL: 50 * time.Millisecond}, echo, nil)
	done := python(t, "echo.py", s.proxy.Addr().String(), "-n", "1000000", "--max-delay", "0.02")
	s.waitFor(t, 500, done)
	require.NoError(t, s.proxy.Pause())
	s.wantEnd(t, "the session expires", func(err error) bool {
		var lost *conn.LostError
		return errors.As(err, &lost) && lost.Reason == conn.LostExpired
	})
	require.NoError(t, s.proxy.Resume())
	out := <-done
	assert.Equal(t, 3, out.status(t), out.stderr)
	assert.Contains(t, out.stderr, "lost: unknown")
}

func TestShutdownLosesNothing(t *testing.T) {
	for _, tt := range []struct {
		name string
		cuts int
	}{{"on one link", 0}, {"over cut links", 40}} {
		t.Run(tt.name, func(t *testing.T) {
			s := start(t, conn.Config{}, echo, &faultproxy.Config{Schedule: faultproxy.Schedule{Seed: 5, Cuts: tt.cuts, Mean: 20 << 10}})
			done := python(t, "echo.py", s.proxy.Addr().String(), "-n", "1000000", "--max-delay", "0.02", "--closed", "3")
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
}

func TestTheServerCloses(t *testing.T) {
	const count = 500
	s := start(t, conn.Config{}, func(s *server) conn.HandlerFunc {
		return func(ctx context.Context, c *conn.Conn) error {
			for range count {
				if err := s.echoOne(ctx, c); err != nil {
					return err
				}
			}
			return c.Shutdown(ctx, 1234, "enough ☺")
		}
	}, &faultproxy.Config{Schedule: faultproxy.Schedule{Seed: 6, Cuts: 10, Mean: 20 << 10, Directions: faultproxy.ToClient}})
	out := <-python(t, "echo.py", s.proxy.Addr().String(), "-n", strconv.Itoa(count), "--max-delay", "0.02", "--closed", "1234")
	require.NoError(t, out.err, out.stderr)
	assert.Equal(t, []int{count, count, 0}, out.counts(t))
	assert.Greater(t, s.links.Load(), int64(5), "resumptions")
	s.wantEnd(t, "all was delivered", func(err error) bool { return errors.Is(err, conn.ErrClosed) })
}

func TestTheClientClosesWhileTheServerSends(t *testing.T) {
	s := start(t, conn.Config{SessionTTL: 5 * time.Second}, pushing(1_000_000), nil)
	out := <-python(t, "echo.py", s.proxy.Addr().String(), "-n", "200", "--pushes", "300")
	require.NoError(t, out.err, out.stderr)
	s.wantEnd(t, "the client closed, and what was on its way is not delivered", func(err error) bool {
		var lost *conn.LostError
		if errors.As(err, &lost) {
			return lost.Reason == conn.LostClosed && len(lost.Undelivered) > 0 && len(lost.Unknown) == 0
		}
		var closed *conn.CloseError // the client may have consumed all that there was
		return errors.As(err, &closed) && closed.Code == conn.CodeNormal && closed.Remote
	})
}

func TestTheServerCutsTheSessionOff(t *testing.T) {
	s := start(t, conn.Config{}, echo, nil)
	done := python(t, "echo.py", s.proxy.Addr().String(), "-n", "1000000")
	s.waitFor(t, 500, done)
	require.NoError(t, s.srv.Close())
	out := <-done
	assert.NotZero(t, out.status(t))
	assert.Regexp(t, `lost: closed|failed: Closed`, out.stderr)
}

// server is a server behind a proxy, and what it has seen.
type server struct {
	srv                     *conn.Server
	addr                    string
	proxy                   *faultproxy.Proxy
	links, sessions, echoed atomic.Int64
	ends                    chan error
}

// start starts a server on a port of its own, and a proxy before it, and ends both with the test.
func start(t *testing.T, cfg conn.Config, handler func(*server) conn.HandlerFunc, faults *faultproxy.Config) *server {
	t.Helper()
	requirePython(t)
	s := &server{ends: make(chan error, 16)}
	cfg.Trace = &conn.Trace{
		LinkUp:     func(*conn.Conn, net.Addr) { s.links.Add(1) },
		SessionEnd: func(_ *conn.Conn, err error) { s.ends <- err },
		Panic:      func(_ *conn.Conn, v any, stack []byte) { t.Errorf("panic: %v\n%s", v, stack) },
	}
	h := handler(s)
	s.srv = conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		s.sessions.Add(1)
		return h(ctx, c)
	}), &cfg)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	s.addr = ln.Addr().String()
	served := make(chan error, 1)
	go func() { served <- s.srv.Serve(context.Background(), ln) }()
	s.proxy, err = faultproxy.Listen(s.addr, faults)
	require.NoError(t, err)
	t.Cleanup(func() {
		assert.NoError(t, s.srv.Close())
		assert.ErrorIs(t, <-served, conn.ErrServerClosed)
		assert.NoError(t, s.proxy.Close())
	})
	return s
}

// waitFor waits until the server has echoed so many messages.
func (s *server) waitFor(t *testing.T, messages int64, done <-chan result) {
	t.Helper()
	deadline := time.Now().Add(patience)
	for s.echoed.Load() < messages {
		select {
		case out := <-done:
			require.FailNow(t, "the client has ended too early", "%v %s", out.err, out.stderr)
		case <-time.After(time.Millisecond):
			require.True(t, time.Now().Before(deadline), "%d messages after %v", s.echoed.Load(), patience)
		}
	}
}

// wantEnd waits for the end of a session at the server, and holds its reason against what is wanted.
func (s *server) wantEnd(t *testing.T, want string, is func(error) bool) {
	t.Helper()
	select {
	case err := <-s.ends:
		assert.True(t, is(err), "want: %s; got: %v (%T)", want, err, err)
	case <-time.After(patience):
		require.FailNow(t, "the session does not end at the server", want)
	}
}

func (s *server) echoOne(ctx context.Context, c *conn.Conn) error {
	msg, err := c.Receive(ctx)
	if err != nil {
		return err
	}
	if err := c.Send(ctx, msg); err != nil {
		return err
	}
	s.echoed.Add(1)
	return nil
}

func echo(s *server) conn.HandlerFunc {
	return func(ctx context.Context, c *conn.Conn) error {
		for {
			if err := s.echoOne(ctx, c); errors.Is(err, io.EOF) {
				return nil
			} else if err != nil {
				return err
			}
		}
	}
}

// pushing echoes, and sends so many messages of its own at the same time.
func pushing(pushes uint64) func(*server) conn.HandlerFunc {
	return func(s *server) conn.HandlerFunc {
		return func(ctx context.Context, c *conn.Conn) error { return both(ctx, s, c, pushes, func() {}) }
	}
}

func both(ctx context.Context, s *server, c *conn.Conn, pushes uint64, each func()) error {
	var pusher sync.WaitGroup
	ctx, cancel := context.WithCancel(ctx)
	defer pusher.Wait()
	defer cancel()
	pusher.Go(func() {
		for n := range pushes {
			size := int(n*n%7) * 50
			if n%400 == 0 {
				size = 50_000
			}
			msg := append(binary.BigEndian.AppendUint64([]byte("P"), n), bytes.Repeat([]byte{byte(n)}, size)...)
			if c.Send(ctx, msg) != nil {
				return // the session is over; the client counts
			}
			each()
		}
	})
	return echo(s)(ctx, c)
}

// result is how a run of Python has ended.
type result struct {
	stdout, stderr string
	err            error
}

// status is the exit status of a program that ended by itself.
func (r result) status(t *testing.T) int {
	t.Helper()
	var exit *exec.ExitError
	if r.err != nil {
		require.ErrorAs(t, r.err, &exit, r.stderr)
		return exit.ExitCode()
	}
	return 0
}

var summary = regexp.MustCompile(`^sent (\d+), echoed (\d+), pushed (\d+), links \d+, `)

// counts are the figures of echo.py's summary: sent, echoed and pushed.
func (r result) counts(t *testing.T) []int {
	t.Helper()
	found := summary.FindStringSubmatch(r.stdout)
	require.NotNil(t, found, "no summary in %q", r.stdout)
	counts := make([]int, 3)
	for i := range counts {
		n, err := strconv.Atoi(found[i+1])
		require.NoError(t, err)
		counts[i] = n
	}
	return counts
}

// python runs Python in this directory, and kills it when the test ends or patience does.
func python(t *testing.T, args ...string) <-chan result {
	t.Helper()
	requirePython(t)
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	cmd := exec.CommandContext(ctx, "python3", args...)
	cmd.Env = append(os.Environ(), "PYTHONDONTWRITEBYTECODE=1", "PYTHONFAULTHANDLER=1")
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	require.NoError(t, cmd.Start())
	done, ended := make(chan result, 1), make(chan struct{})
	go func() {
		defer close(ended)
		err := cmd.Wait()
		if ctx.Err() != nil {
			err = fmt.Errorf("killed: %w", ctx.Err())
		}
		done <- result{stdout.String(), stderr.String(), err}
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
	return done
}

// requirePython skips the test without a Python that is new enough; it fails if LONGSPLICE_REQUIRE_PYTHON is 1.
func requirePython(t *testing.T) {
	t.Helper()
	out, err := exec.Command("python3", "-c", "import sys; assert sys.version_info >= (3, 9), sys.version").CombinedOutput()
	if err == nil {
		return
	}
	if os.Getenv("LONGSPLICE_REQUIRE_PYTHON") == "1" {
		require.FailNow(t, "LONGSPLICE_REQUIRE_PYTHON=1, and there is no python3 of at least 3.9", "%v %s", err, out)
	}
	t.Skipf("NOT TESTED: there is no python3 of at least 3.9 (%v %s); LONGSPLICE_REQUIRE_PYTHON=1 makes this a failure", err, out)
}
