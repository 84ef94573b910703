package conntest

import (
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

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
