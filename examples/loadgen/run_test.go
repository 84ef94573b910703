package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
)

// loaded runs with the flags given and returns the report, as JSON has it, what is
// on stdout, and how it ended.
func loaded(t *testing.T, ctx context.Context, args ...string) (*report, string, error) {
	t.Helper()
	file := filepath.Join(t.TempDir(), "report.json")
	o, err := parse(append([]string{"-json", file, "-ramp", "100ms", "-warmup", "100ms"}, args...), os.Stderr)
	require.NoError(t, err)
	var out bytes.Buffer
	err = run(ctx, o, &out, io.Discard)
	b, readErr := os.ReadFile(file)
	require.NoError(t, readErr)
	r := new(report)
	require.NoError(t, json.Unmarshal(b, r))
	if t.Failed() || testing.Verbose() {
		t.Log(out.String())
	}
	return r, out.String(), err
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

func TestEchoWithCutsLosesNothing(t *testing.T) {
	t.Parallel()
	address := serve(t, echo)
	page := filepath.Join(t.TempDir(), "report.html")
	r, out, err := loaded(t, t.Context(), "-target", "tcp://"+address, "-clients", "20", "-rate", "2000", "-size", "24-300",
		"-cut", "400ms", "-for", "1500ms", "-arrivals", "poisson", "-html", page)
	require.NoError(t, err)
	require.Equal(t, "errors=0 (0%) sessions-lost=0 lost=0 doubled=0 reordered=0", lastLine(out))
	require.True(t, r.Passed)
	require.EqualValues(t, 20, r.Connections.Made)
	require.Greater(t, r.Cuts.Cuts, uint64(20))
	require.Positive(t, r.Cuts.Resumed)
	require.InEpsilon(t, 3000, r.Messages.Due, 0.5)
	require.Equal(t, r.Messages.Due, r.Messages.Sent)
	require.Equal(t, r.Messages.Sent, r.Messages.Delivered)
	require.Equal(t, r.Messages.AllSent, r.Messages.All)
	require.Greater(t, r.Messages.AllSent, r.Messages.Sent, "the warm-up does not count")
	require.EqualValues(t, r.Messages.Delivered, r.Latency.Corrected.Count)
	require.GreaterOrEqual(t, r.Latency.Corrected.P50, r.Latency.FromSend.P50)
	require.NotEmpty(t, r.Series)
	require.FileExists(t, page)
}

func TestAChatWithCutsLosesNothing(t *testing.T) {
	t.Parallel()
	at := serveChat(t, "-rate", "100000", "-burst", "100000")
	for _, c := range []struct{ target, members string }{
		{"tcp://" + at.tcp, "0"}, {"ws://" + at.http + "/chat", "5"}, {"tls://" + at.tls, "10"},
	} {
		t.Run(c.target[:3], func(t *testing.T) {
			r, out, err := loaded(t, t.Context(), "-work", "chat", "-target", c.target, "-insecure", "-clients", "12", "-rooms", "3",
				"-members", c.members, "-rate", "100", "-size", "1-200", "-cut", "300ms", "-for", "1s")
			require.NoError(t, err)
			require.Equal(t, "errors=0 (0%) sessions-lost=0 lost=0 doubled=0 reordered=0", lastLine(out))
			require.Positive(t, r.Cuts.Resumed)
			require.Equal(t, 12, r.Connections.Ready)
			require.Positive(t, r.Messages.Sent)
			members := map[string]uint64{"0": 4, "5": 5, "10": 10}[c.members]
			require.Equal(t, members*r.Messages.Sent, r.Messages.Delivered, "every member has heard every line")
		})
	}
}

// TestABadServerIsFoundOut: of each client's messages it leaves some out, says
// some twice, and exchanges some.
func TestABadServerIsFoundOut(t *testing.T) {
	t.Parallel()
	var dropped, doubled, exchanged, changed atomic.Uint64
	address := serve(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		var held []byte
		n := 0
		for msg, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			answers := [][]byte{msg}
			switch n++; n % 10 {
			case 3:
				dropped.Add(1)
				answers = nil
			case 5:
				doubled.Add(1)
				answers = [][]byte{msg, msg}
			case 7:
				held = bytes.Clone(msg)
				answers = nil
			case 8:
				exchanged.Add(1)
				answers = [][]byte{msg, held}
			case 9:
				changed.Add(1)
				answers = [][]byte{append(bytes.Clone(msg[:len(msg)-1]), msg[len(msg)-1]+1)}
			}
			for _, a := range answers {
				if err := c.Send(ctx, a); err != nil {
					return err
				}
			}
		}
		return nil
	}))
	r, out, err := loaded(t, t.Context(), "-target", "tcp://"+address, "-clients", "4", "-rate", "200", "-for", "500ms", "-drain", "300ms")
	require.Error(t, err)
	require.False(t, r.Passed)
	held := r.Messages.AllSent - r.Messages.All - dropped.Load() + doubled.Load() - changed.Load()
	require.LessOrEqual(t, held, uint64(4), "the last of a client, held back")
	require.Equal(t, faultCounts{
		Lost: dropped.Load() + changed.Load() + held, Doubled: doubled.Load(), Reordered: exchanged.Load(), Corrupted: changed.Load(),
	}, r.Verdict)
	require.Contains(t, lastLine(out), r.Verdict.String())
	require.Contains(t, out, "have no latency")
	require.Positive(t, exchanged.Load())
}

// TestTheExitStatus runs the program: 0 with a good server, 1 with one that
// doubles messages, 2 with flags that make no sense.
func TestTheExitStatus(t *testing.T) {
	t.Parallel()
	good := serve(t, echo)
	bad := serve(t, conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
		return errors.Join(c.Send(ctx, msg), c.Send(ctx, msg))
	}))
	status := func(args ...string) int {
		cmd := exec.Command(os.Args[0], append([]string{"-clients", "2", "-ramp", "0s", "-warmup", "0s", "-for", "300ms"}, args...)...)
		cmd.Env = append(os.Environ(), asProgram+"=1")
		_ = cmd.Run() // how it ended is in its state
		return cmd.ProcessState.ExitCode()
	}
	require.Equal(t, 0, status("-target", "tcp://"+good))
	require.Equal(t, 1, status("-target", "tcp://"+bad))
	require.Equal(t, 2, status("-target", "nowhere"))
}

// TestACorrectionShowsWhatAClosedLoopHides: the server stands still once, which
// only one message notices.
func TestACorrectionShowsWhatAClosedLoopHides(t *testing.T) {
	t.Parallel()
	const pause = 600 * time.Millisecond
	var first time.Time
	var once sync.Once
	address := serve(t, conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
		if first.IsZero() {
			first = time.Now()
		}
		if time.Since(first) > 500*time.Millisecond { // well within what counts
			once.Do(func() { <-time.After(pause) })
		}
		return c.Send(ctx, msg)
	}))
	r, out, err := loaded(t, t.Context(), "-target", "tcp://"+address, "-clients", "1", "-closed", "-think", "1ms",
		"-ramp", "0s", "-warmup", "0s", "-for", "3s")
	require.NoError(t, err)
	require.Contains(t, out, "by the expected interval of a client")
	require.GreaterOrEqual(t, r.Latency.FromSend.Max, 600.0)
	require.Greater(t, r.Latency.Interval, 1.0)
	missed := int64(600/r.Latency.Interval) - 2
	require.GreaterOrEqual(t, r.Latency.Corrected.Count, r.Latency.FromSend.Count+missed)
	require.GreaterOrEqual(t, r.Latency.Corrected.P90, r.Latency.FromSend.P90)
}

// TestASessionThatIsLostIsTold: in the middle another server takes the place of
// the first, which has said so, or has not. What was under way is unknown, and not
// lost in silence.
func TestASessionThatIsLostIsTold(t *testing.T) {
	for _, c := range []struct {
		name string
		told bool
	}{{"closed", true}, {"replaced", false}} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var after atomic.Uint64
			var before atomic.Uint64
			turn := make(chan struct{})
			first := conn.NewServer(conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
				if before.Add(1) == 100 {
					close(turn)
				}
				return c.Send(ctx, msg)
			}), nil)
			second := conn.NewServer(conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
				after.Add(1)
				return c.Send(ctx, msg)
			}), nil)
			address, take := serveInTurn(t, first, second)
			var turned sync.WaitGroup
			turned.Go(func() {
				<-turn
				take()
				if c.told {
					first.Close()
				}
			})
			defer turned.Wait()
			r, out, err := loaded(t, t.Context(), "-target", "tcp://"+address, "-clients", "5", "-rate", "500", "-for", "3s", "-ramp", "0s", "-cut", "500ms")
			require.Error(t, err)
			require.Positive(t, after.Load(), "the clients have come back")
			require.Zero(t, r.Verdict.Lost, out)
			require.Zero(t, r.Verdict.Doubled+r.Verdict.Reordered+r.Verdict.Corrupted, out)
			require.Positive(t, r.ErrorsAll, out)
			if !c.told {
				require.Positive(t, r.Verdict.SessionsLost)
				require.Contains(t, out, "session lost: server restart")
			}
			require.Equal(t, r.Messages.Due, r.Messages.Sent, "what fell due meanwhile was sent late")
		})
	}
}

func TestAMessageThatTheServerDoesNotTakeIsAnError(t *testing.T) {
	t.Parallel()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	srv := conn.NewServer(echo, &conn.Config{MaxMessage: 100})
	var served sync.WaitGroup
	served.Go(func() { _ = srv.Serve(context.Background(), ln) })
	defer served.Wait()
	defer srv.Close()
	r, out, err := loaded(t, t.Context(), "-target", "tcp://"+ln.Addr().String(), "-clients", "2", "-rate", "100", "-size", "50:1,101:1", "-for", "500ms")
	require.ErrorContains(t, err, "-max-errors")
	require.Contains(t, out, "MaxMessage")
	require.Positive(t, r.Messages.Unsent)
	require.Equal(t, faultCounts{}, r.Verdict)
	require.Equal(t, r.Messages.Sent, r.Messages.Delivered)
}

func TestWhatAChatRefusesIsAnErrorAndNotALoss(t *testing.T) {
	t.Parallel()
	at := serveChat(t, "-rate", "0.001", "-burst", "2") // to join, and for one line
	args := []string{"-work", "chat", "-target", "tcp://" + at.tcp, "-clients", "4", "-rooms", "2", "-rate", "20", "-for", "1s"}
	r, out, err := loaded(t, t.Context(), args...)
	require.Error(t, err)
	require.Positive(t, r.ErrorsAll)
	require.Equal(t, faultCounts{}, r.Verdict)
	require.Contains(t, out, "refused by the chat: too fast")
	_, _, err = loaded(t, t.Context(), append(args, "-max-errors", "100%")...)
	require.NoError(t, err)
}

func TestCtrlCEndsWithAReport(t *testing.T) {
	t.Parallel()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	var heard atomic.Uint64
	address := serve(t, conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error {
		if heard.Add(1) == 300 {
			stop()
		}
		return c.Send(ctx, msg)
	}))
	r, out, err := loaded(t, ctx, "-target", "tcp://"+address, "-clients", "5", "-rate", "500", "-for", "1h")
	require.NoError(t, err)
	require.True(t, r.Stopped)
	require.Contains(t, out, "stopped early")
	require.GreaterOrEqual(t, r.Messages.AllSent, uint64(300))
	require.Equal(t, r.Messages.AllSent, r.Messages.All, "what was sent has arrived")
	require.Less(t, r.Setup.Length, 3600.0)
}

func TestAServerThatIsNotThere(t *testing.T) {
	t.Parallel()
	r, out, err := loaded(t, t.Context(), "-target", "tcp://"+free(t), "-clients", "3", "-for", "200ms", "-drain", "100ms", "-patience", "100ms")
	require.ErrorContains(t, err, "nothing was sent")
	require.Contains(t, out, "error: clients that never connected: 3")
	require.Contains(t, out, "error: connecting: ")
	require.Zero(t, r.Connections.Made)
}
