package conntest

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
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
			client, server := Pipe()
			errs[i] = runCheck(c, b.wrap(client.(*conn)), b.wrap(server.(*conn)), 2*time.Second)
			_ = client.Close()
			_ = server.Close()
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

type losesBytes struct {
	net.Conn
	deadline atomic.Value
}

func (c *losesBytes) SetReadDeadline(t time.Time) error { c.deadline.Store(t); return nil }
func (c *losesBytes) Read(p []byte) (int, error) {
	d, _ := c.deadline.Load().(time.Time)
	if d.IsZero() {
		return c.Conn.Read(p)
	}
	type result struct {
		p   []byte
		err error
	}
	got := make(chan result, 1)
	go func() {
		own := make([]byte, len(p))
		n, err := c.Conn.Read(own)
		got <- result{own[:n], err}
	}()
	select {
	case r := <-got:
		return copy(p, r.p), r.err
	case <-time.After(time.Until(d)):
		return 0, os.ErrDeadlineExceeded
	}
}

type diesOnTimeout struct{ net.Conn }

func (c diesOnTimeout) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if isTimeout(err) {
		_ = c.Close()
	}
	return n, err
}

type oneDeadline struct{ net.Conn }

func (c oneDeadline) SetReadDeadline(t time.Time) error  { return c.SetDeadline(t) }
func (c oneDeadline) SetWriteDeadline(t time.Time) error { return c.SetDeadline(t) }

type noReadDeadline struct{ net.Conn }

func (noReadDeadline) SetReadDeadline(time.Time) error { return nil }

type noWriteDeadline struct{ net.Conn }

func (noWriteDeadline) SetWriteDeadline(time.Time) error { return nil }

type earlyDeadline struct{ net.Conn }

func (c earlyDeadline) SetReadDeadline(t time.Time) error {
	return c.Conn.SetReadDeadline(t.Add(-short))
}

type oddTimeout struct{ net.Conn }

func (c oddTimeout) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if isTimeout(err) {
		err = io.ErrNoProgress
	}
	return n, err
}

// fixedDeadline applies a read deadline to the reads that begin after it.
type fixedDeadline struct {
	net.Conn
	deadline atomic.Value
}

func (c *fixedDeadline) SetReadDeadline(t time.Time) error { c.deadline.Store(t); return nil }
func (c *fixedDeadline) Read(p []byte) (int, error) {
	d, _ := c.deadline.Load().(time.Time)
	_ = c.Conn.SetReadDeadline(d)
	return c.Conn.Read(p)
}

type repeatsWrites struct{ net.Conn }

func (c repeatsWrites) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	if isTimeout(err) {
		_ = c.SetWriteDeadline(time.Time{})
		_, _ = c.Conn.Write(p)
	}
	return n, err
}

type bottomless struct{ net.Conn }

func (c bottomless) Write(p []byte) (int, error) { return len(p), nil }

// closesWhenIdle waits for its reads and writes before it closes.
type closesWhenIdle struct {
	net.Conn
	busy sync.RWMutex
}

func (c *closesWhenIdle) Read(p []byte) (int, error) {
	c.busy.RLock()
	defer c.busy.RUnlock()
	return c.Conn.Read(p)
}

func (c *closesWhenIdle) Write(p []byte) (int, error) {
	c.busy.RLock()
	defer c.busy.RUnlock()
	return c.Conn.Write(p)
}

func (c *closesWhenIdle) Close() error {
	c.busy.Lock()
	defer c.busy.Unlock()
	return c.Conn.Close()
}

// dropsLast holds back some bytes of each write until the next, or for ever.
type dropsLast struct {
	net.Conn
	held []byte
}

func (c *dropsLast) Write(p []byte) (int, error) {
	all := append(c.held, p...)
	keep := min(100, len(all))
	c.held = append([]byte(nil), all[len(all)-keep:]...)
	_, err := c.Conn.Write(all[:len(all)-keep])
	return len(p), err
}

// suiteDone releases what hangs for ever otherwise.
var suiteDone chan struct{}

type hidesEnd struct{ net.Conn }

func (c hidesEnd) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err != nil && !isTimeout(err) {
		<-suiteDone
	}
	return n, err
}

type oddEnd struct{ net.Conn }

func (c oddEnd) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

type swallows struct{ net.Conn }

func (c swallows) Write(p []byte) (int, error) {
	time.Sleep(time.Millisecond)
	_, _ = c.Conn.Write(p)
	return len(p), nil
}

type closesChannel struct {
	net.Conn
	ch chan struct{}
}

func (c *closesChannel) Close() error {
	close(c.ch)
	return c.Conn.Close()
}

type fullClose struct{ net.Conn }

func (c fullClose) CloseWrite() error { return c.Close() }

// datagrams drops what does not fit the reader's buffer.
type datagrams struct{ net.Conn }

func (c datagrams) Read(p []byte) (int, error) {
	whole := make([]byte, len(p)+1)
	n, err := c.Conn.Read(whole)
	return copy(p, whole[:n]), err
}

type endsAtEmpty struct{ *conn }

func (c endsAtEmpty) Write(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, c.CloseWrite()
	}
	return c.conn.Write(p)
}

type oneAtATime struct {
	net.Conn
	mu sync.Mutex
}

func (c *oneAtATime) Read(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Conn.Read(p)
}

func (c *oneAtATime) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.Conn.Write(p)
}

type shortCount struct{ net.Conn }

func (c shortCount) Write(p []byte) (int, error) {
	n, err := c.Conn.Write(p)
	return n / 2, err
}

type breaksOnDeadline struct {
	net.Conn
	set atomic.Int64
}

func (c *breaksOnDeadline) SetDeadline(t time.Time) error {
	if c.set.Add(1) == 20 {
		_ = c.Close()
	}
	return c.Conn.SetDeadline(t)
}

type noAddress struct{ net.Conn }

func (noAddress) RemoteAddr() net.Addr { return nil }
