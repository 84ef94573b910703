package conn_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"os"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest"
	"github.com/longsplice/longsplice/heartbeat"
)

// An application that takes its time over each of many messages that came
// at once.
func TestBacklogOfASlowApplicationDelaysNoPong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		app := conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			for range c.Messages(ctx) {
				time.Sleep(30 * time.Millisecond)
			}
			return nil
		})
		b := newBed(t, app, &conn.Config{MinPing: -1, Heartbeat: noWatch})
		p := b.bareClient()
		burst := []byte{}
		for range 500 {
			burst = append(burst, 0, 0, 0, 5, 0x10, 'd', 'a', 't', 'a')
		}
		_, err := p.Write(burst)
		require.NoError(t, err)
		time.Sleep(time.Second)
		nonce := binary.BigEndian.AppendUint64(nil, 7)
		p.put(kindPing, nonce)
		begin := time.Now()
		require.Equal(t, nonce, p.await(kindPong, time.Hour))
		require.LessOrEqual(t, time.Since(begin), 100*time.Millisecond)
	})
}

// Room that a handshake tells of.
func TestHandshakeMakesRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, nil, conn.Config{SendBuffer: 1000})
		n := 0
		for ; c.TrySend([]byte(numbered(n))) == nil; n++ {
		}
		called := make(chan struct{})
		c.NotifyWritable(func() { close(called) })
		synctest.Wait()
		b.net.Stall(conntest.ToClient)
		go take(t.Context(), s, 0, n+1)
		time.Sleep(time.Second)
		b.net.Cut(conntest.RST)
		b.net.Heal(conntest.ToClient)
		time.Sleep(time.Minute)
		select {
		case <-called:
		default:
			t.Fatal("never called")
		}
	})
}

// A writer that failed within a frame, and another one behind it.
type partial struct {
	net.Conn
	mu      sync.Mutex
	armed   bool
	failed  chan struct{}
	release chan struct{}
	after   int
}

func (p *partial) Write(b []byte) (int, error) {
	p.mu.Lock()
	armed, failed := p.armed, p.failed
	if armed {
		p.armed = false
		p.mu.Unlock()
		n, _ := p.Conn.Write(b[:len(b)/2])
		close(failed)
		return n, os.ErrDeadlineExceeded
	}
	select {
	case <-failed:
		p.after += len(b)
	default:
	}
	p.mu.Unlock()
	return p.Conn.Write(b)
}
func (p *partial) Close() error {
	select {
	case <-p.failed:
		<-p.release
	default:
	}
	return p.Conn.Close()
}

func TestNothingFollowsAWriteThatFailedWithinAFrame(t *testing.T) {
	ch := make(capture, 16)
	b := newBed(t, ch, nil)
	p := &partial{failed: make(chan struct{}), release: make(chan struct{})}
	first := true
	c := b.dial(conn.Config{Dialers: map[string]conn.DialFunc{"mem": func(ctx context.Context, a string) (net.Conn, error) {
		nc, err := b.net.Dial(ctx, a)
		if err == nil && first {
			first = false
			p.Conn = nc
			return p, nil
		}
		return nc, err
	}}})
	s := <-ch
	p.mu.Lock()
	p.armed = true
	p.mu.Unlock()
	require.NoError(t, c.Send(t.Context(), []byte(numbered(0))))
	<-p.failed
	time.Sleep(10 * time.Millisecond)
	require.NoError(t, c.Send(t.Context(), []byte(numbered(1))))
	time.Sleep(50 * time.Millisecond)
	close(p.release)
	err := take(limited(t, 5*time.Second), s, 0, 2)
	require.NoError(t, err)
	require.Zero(t, p.after)
}

// A tombstone that arrives when the client's end has just ended.
type holdRead struct {
	net.Conn
	got  chan struct{}
	hold chan struct{}
}

func (h *holdRead) Read(p []byte) (int, error) {
	n, err := h.Conn.Read(p)
	close(h.got)
	<-h.hold
	return n, err
}

func TestTombstoneAfterTheEndChangesNothing(t *testing.T) {
	ch := make(chan *conn.Conn, 4)
	leave := make(chan struct{})
	b := newBed(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		ch <- c
		for range 11 {
			if _, err := c.Receive(ctx); err != nil {
				return err
			}
		}
		<-leave
		return nil
	}), &conn.Config{Linger: 50 * time.Millisecond})
	var mu sync.Mutex
	var h *holdRead
	armed := false
	c := b.dial(conn.Config{Dialers: map[string]conn.DialFunc{"mem": func(ctx context.Context, a string) (net.Conn, error) {
		nc, err := b.net.Dial(ctx, a)
		mu.Lock()
		defer mu.Unlock()
		if err == nil && armed {
			armed = false
			h.Conn = nc
			return h, nil
		}
		return nc, err
	}}})
	s := <-ch
	for i := range 20 {
		require.NoError(t, c.Send(t.Context(), []byte(fmt.Sprintf("%05000d", i))))
	}
	time.Sleep(50 * time.Millisecond)
	b.net.Refuse(true)
	b.net.Cut(conntest.RST)
	close(leave)
	time.Sleep(20 * time.Millisecond)
	_ = s.Close()
	mu.Lock()
	h = &holdRead{got: make(chan struct{}), hold: make(chan struct{})}
	armed = true
	mu.Unlock()
	b.net.Refuse(false)
	<-h.got
	_ = c.Close() // gives up after Linger
	var lost *conn.LostError
	require.True(t, errors.As(c.Err(), &lost), "%v", c.Err())
	close(h.hold)
	time.Sleep(50 * time.Millisecond)
	all := append(append([][]byte{}, lost.Unknown...), lost.Undelivered...)
	for i, m := range all {
		require.Equal(t, fmt.Sprintf("%05000d", 20-len(all)+i), string(m))
	}
}

// An application that polls, and so never waits.
func TestPollingApplicationDelaysNoPong(t *testing.T) {
	for _, wait := range []time.Duration{0, time.Millisecond} {
		t.Run(wait.String(), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				_, c, s := pair(t, nil, conn.Config{Heartbeat: watch})
				require.NoError(t, c.Send(t.Context(), []byte("hello")))
				begin := time.Now()
				for time.Since(begin) < time.Minute {
					ctx, cancel := context.WithTimeout(t.Context(), wait)
					msg, err := s.Receive(ctx)
					cancel()
					if err == nil {
						require.Equal(t, "hello", string(msg))
						require.LessOrEqual(t, time.Since(begin), 100*time.Millisecond)
						return
					}
					time.Sleep(20 * time.Millisecond)
				}
				t.Fatal("the message was never received; links: ", c.Stats().Links)
			})
		})
	}
}

// Pings that piled up on a path that stood still.
func TestPingsThatPiledUpAreNoFlood(t *testing.T) {
	for _, hb := range []heartbeat.Config{
		{Interval: time.Second, Timeout: time.Minute},
		{Interval: time.Second, Timeout: 10 * time.Minute},
		{Interval: 2 * time.Second, Timeout: 5 * time.Minute},
		{Interval: 30 * time.Second}, {Interval: time.Second}, {},
	} {
		for _, stall := range []time.Duration{20 * time.Second, 55 * time.Second, 4 * time.Minute} {
			t.Run(fmt.Sprint(hb.Interval, hb.Timeout, stall), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					b, c, s := pair(t, &conn.Config{Heartbeat: noWatch}, conn.Config{Heartbeat: &hb})
					require.NoError(t, c.Send(t.Context(), []byte("hello")))
					time.Sleep(5 * time.Second)
					b.net.Stall(conntest.ToServer)
					time.Sleep(stall)
					b.net.Heal(conntest.Both)
					time.Sleep(30 * time.Second)
					require.NoError(t, c.Err())
					require.NoError(t, s.Err())
				})
			})
		}
	}
}
