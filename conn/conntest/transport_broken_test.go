package conntest

import (
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// breakage turns both ends of a sound pipe into a transport with one defect.
// Its caught field names one check that must fail; others may fail too.
type breakage struct {
	name   string
	caught string
	wrap   func(c *conn) net.Conn
}

var breakages = []breakage{
	{"hands bytes to a read that was given up", "a read that timed out can be repeated",
		func(c *conn) net.Conn { return &losesBytes{Conn: c} }},
	{"dies when a read times out", "a read that timed out can be repeated",
		func(c *conn) net.Conn { return diesOnTimeout{c} }},
	{"dies when a read times out in traffic", "deadlines that expire in traffic lose nothing",
		func(c *conn) net.Conn { return diesOnTimeout{c} }},
	{"fails writes when a read has timed out", "an expired read deadline leaves writes alone",
		func(c *conn) net.Conn { return oneDeadline{c} }},
	{"fails reads when a write has timed out", "an expired write deadline leaves reads alone",
		func(c *conn) net.Conn { return oneDeadline{c} }},
	{"ignores read deadlines", "a past read deadline fails a read",
		func(c *conn) net.Conn { return noReadDeadline{c} }},
	{"times out early", "a read deadline is kept",
		func(c *conn) net.Conn { return earlyDeadline{c} }},
	{"has timeouts of its own kind", "a read deadline is kept",
		func(c *conn) net.Conn { return oddTimeout{c} }},
	{"looks at the read deadline only when a read begins", "a read deadline moved to the past unblocks",
		func(c *conn) net.Conn { return &fixedDeadline{Conn: c} }},
	{"cannot extend a read deadline", "a read deadline can be extended while blocked",
		func(c *conn) net.Conn { return &fixedDeadline{Conn: c} }},
	{"ignores write deadlines", "a past write deadline fails a write",
		func(c *conn) net.Conn { return noWriteDeadline{c} }},
	{"ignores write deadlines while blocked", "a write deadline ends a blocked write",
		func(c *conn) net.Conn { return noWriteDeadline{c} }},
	{"writes twice what timed out", "a write deadline moved to the past unblocks",
		func(c *conn) net.Conn { return repeatsWrites{c} }},
	{"holds nobody back", "a write deadline ends a blocked write",
		func(c *conn) net.Conn { return bottomless{c} }},

	{"does not unblock reads on close", "close unblocks a read",
		func(c *conn) net.Conn { return &closesWhenIdle{Conn: c} }},
	{"does not unblock writes on close", "close unblocks a write",
		func(c *conn) net.Conn { return &closesWhenIdle{Conn: c} }},
	{"drops the last bytes at EOF", "close delivers everything and then EOF",
		func(c *conn) net.Conn { return &dropsLast{Conn: c} }},
	{"hides the end", "close by the peer ends a blocked read",
		func(c *conn) net.Conn { return hidesEnd{c} }},
	{"calls the end unexpected", "close by the peer ends a blocked read",
		func(c *conn) net.Conn { return oddEnd{c} }},
	{"takes writes for a peer that is gone", "writes to a peer that is gone end",
		func(c *conn) net.Conn { return swallows{c} }},
	{"hangs when a peer leaves data unread", "a peer that left data unread ends a blocked read",
		func(c *conn) net.Conn { return hidesEnd{c} }},
	{"panics on the second close", "close can be repeated and concurrent",
		func(c *conn) net.Conn { return &closesChannel{Conn: c, ch: make(chan struct{})} }},
	{"ends both ways on half-close", "half-close leaves the way back open",
		func(c *conn) net.Conn { return fullClose{c} }},

	{"shows message boundaries", "bytes pass in any slicing",
		func(c *conn) net.Conn { return datagrams{c} }},
	{"ends at an empty message", "empty reads and writes change nothing",
		func(c *conn) net.Conn { return endsAtEmpty{c} }},
	{"reads only while nothing is written", "large transfers both ways at once",
		func(c *conn) net.Conn { return &oneAtATime{Conn: c} }},
	{"counts writes short", "bytes pass in any slicing",
		func(c *conn) net.Conn { return shortCount{c} }},
	{"breaks when deadlines change", "all methods at once",
		func(c *conn) net.Conn { return &breaksOnDeadline{Conn: c} }},
	{"has no address", "addresses are not nil",
		func(c *conn) net.Conn { return noAddress{c} }},
}

func TestTheSuiteCatchesBrokenTransports(t *testing.T) {
	suiteDone = make(chan struct{})
	t.Cleanup(func() { close(suiteDone) })
	errs := make([]error, len(breakages))
	var runs sync.WaitGroup
	for i, b := range breakages {
		c := checkNamed(t, b.caught)
		runs.Go(func() {
			// A busy machine can hide a defect of timing, but not every time.
			for range 5 {
				client, server := Pipe()
				errs[i] = runCheck(c, b.wrap(client.(*conn)), b.wrap(server.(*conn)), 2*time.Second)
				_ = client.Close()
				_ = server.Close()
				if errs[i] != nil {
					return
				}
			}
		})
	}
	runs.Wait()
	for i, b := range breakages {
		require.ErrorContains(t, errs[i], b.caught, b.name)
		t.Logf("%s: %v", b.name, errs[i])
	}
}

func TestEveryCheckHasABrokenTransport(t *testing.T) {
	for _, c := range checks {
		caught := false
		for _, b := range breakages {
			caught = caught || b.caught == c.name
		}
		require.True(t, caught, "nothing shows that %q can fail", c.name)
	}
}

func TestTheSuiteCatchesGoroutinesThatAreLeft(t *testing.T) {
	stop := make(chan struct{})
	defer close(stop)
	run := func(leak bool) error {
		return checkGoroutines(func() {
			done := make(chan struct{})
			go func() {
				defer close(done)
				markGoroutines(t.Name())
				client, server := Pipe()
				if leak {
					go func() { <-stop }()
				}
				_ = runCheck(check{"use", useAndClose}, client, server, watchdog)
			}()
			<-done
		}, t.Name())
	}
	require.NoError(t, run(false))
	require.ErrorContains(t, run(true), "goroutines are left")
}

func TestHalfCloseIsSkippedWhereItIsNotOffered(t *testing.T) {
	client, server := net.Pipe()
	require.Equal(t, errSkip, runCheck(checkNamed(t, "half-close leaves the way back open"), client, server, watchdog))
}

func checkNamed(t *testing.T, name string) check {
	for _, c := range checks {
		if c.name == name {
			return c
		}
	}
	t.Fatalf("no check is named %q", name)
	return check{}
}
