package conn

import (
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/heartbeat"
	"github.com/longsplice/longsplice/reconnect"
)

// parkingServer echoes, and parks what has been idle for a moment.
func parkingServer(t *testing.T, after time.Duration, cfg *Config) (*Server, string) {
	was := parkAfter
	parkAfter = after
	srv := NewServer(OnMessage(func(ctx context.Context, c *Conn, msg []byte) error {
		return c.Send(ctx, msg)
	}), cfg)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan struct{})
	go func() {
		defer close(served)
		_ = srv.Serve(context.Background(), ln) // it ends with Close
	}()
	t.Cleanup(func() {
		require.NoError(t, srv.Close())
		<-served
		parkAfter = was
	})
	return srv, "tcp://" + ln.Addr().String()
}

func parkedSessions(srv *Server) (n int) {
	for _, c := range srv.sessions.all() {
		c.mu.Lock()
		if c.parked {
			n++
		}
		c.mu.Unlock()
	}
	return n
}

func awaitParked(t *testing.T, srv *Server, n int) {
	t.Helper()
	require.Eventually(t, func() bool { return parkedSessions(srv) == n }, 10*time.Second, time.Millisecond)
}

func dialParking(t *testing.T, target string, cfg *Config) *Conn {
	c, err := Dial(t.Context(), target, cfg)
	require.NoError(t, err)
	t.Cleanup(func() { _ = c.Close() })
	return c
}

func echoed(t *testing.T, c *Conn, msg string) {
	t.Helper()
	require.NoError(t, c.Send(t.Context(), []byte(msg)))
	got, err := c.Receive(t.Context())
	require.NoError(t, err)
	require.Equal(t, msg, string(got))
}

func TestIdleSessionsHaveNoGoroutine(t *testing.T) {
	srv, target := parkingServer(t, 10*time.Millisecond, nil)
	const n = 50
	var clients []*Conn
	for range n {
		clients = append(clients, dialParking(t, target, nil))
	}
	for round := range 5 {
		for i, c := range clients {
			echoed(t, c, fmt.Sprint(round, i))
		}
		awaitParked(t, srv, n)
		require.Eventually(t, func() bool {
			stacks := make([]byte, 1<<20)
			return !bytes.Contains(stacks[:runtime.Stack(stacks, true)], []byte("(*Server).handle("))
		}, 10*time.Second, time.Millisecond)
	}
}

func TestParkedSessionsAreSentTo(t *testing.T) {
	srv, target := parkingServer(t, time.Millisecond, nil)
	c := dialParking(t, target, nil)
	echoed(t, c, "hello")
	awaitParked(t, srv, 1)
	end := srv.sessions.all()[0]
	received := make(chan string)
	go func() {
		msg, _ := c.Receive(t.Context())
		received <- string(msg)
		_, _ = c.Receive(t.Context()) // which acknowledges it
	}()
	require.NoError(t, end.Send(t.Context(), []byte("unasked")))
	require.Equal(t, "unasked", <-received)
	require.NoError(t, end.Flush(t.Context()), "the acknowledgement is read")
	awaitParked(t, srv, 1)
	require.NoError(t, c.Close())
	<-end.Done()
}

func TestParkedReceiverIsBusy(t *testing.T) {
	srv, target := parkingServer(t, time.Millisecond, nil)
	c := dialParking(t, target, nil)
	awaitParked(t, srv, 1)
	_, err := srv.sessions.all()[0].Receive(t.Context())
	require.ErrorIs(t, err, ErrBusy)
	echoed(t, c, "it was not disturbed")
}

// A ping is answered, and the session goes back to where it was.
func TestPingsDoNotKeepASessionAwake(t *testing.T) {
	beat := heartbeat.Config{Interval: 20 * time.Millisecond, Timeout: 10 * time.Second}
	srv, target := parkingServer(t, time.Millisecond, &Config{MinPing: -1})
	c := dialParking(t, target, &Config{Heartbeat: &beat})
	echoed(t, c, "hello")
	awaitParked(t, srv, 1)
	for range 5 {
		before := c.Stats().RTT
		require.Eventually(t, func() bool { return c.Stats().RTT != before }, 10*time.Second, time.Millisecond)
		awaitParked(t, srv, 1)
	}
}

func TestParkedSessionResumes(t *testing.T) {
	srv, target := parkingServer(t, time.Millisecond, nil)
	proxy, err := faultproxy.Listen(target[len("tcp://"):], nil)
	require.NoError(t, err)
	defer proxy.Close()
	c := dialParking(t, "tcp://"+proxy.Addr().String(), &Config{Retry: reconnect.Policy{InitialDelay: time.Millisecond, MaxDelay: 5 * time.Millisecond}})
	for i := range 20 {
		echoed(t, c, fmt.Sprint(i))
		awaitParked(t, srv, 1)
		proxy.Cut(faultproxy.RST)
	}
	require.EqualValues(t, 21, awaitLinks(t, c, 21))
}

func awaitLinks(t *testing.T, c *Conn, n uint64) (links uint64) {
	require.Eventually(t, func() bool {
		links = c.Stats().Links
		return links >= n
	}, 10*time.Second, time.Millisecond)
	return links
}

// While its client is away a parked session has no goroutine either, and ends
// when its time is up.
func TestParkedSessionExpires(t *testing.T) {
	srv, target := parkingServer(t, time.Millisecond, &Config{SessionTTL: 300 * time.Millisecond})
	proxy, err := faultproxy.Listen(target[len("tcp://"):], nil)
	require.NoError(t, err)
	c := dialParking(t, "tcp://"+proxy.Addr().String(), nil)
	echoed(t, c, "hello")
	awaitParked(t, srv, 1)
	end := srv.sessions.all()[0]
	require.NoError(t, proxy.Close())
	require.Eventually(t, func() bool { return !end.Stats().Connected }, 10*time.Second, time.Millisecond)
	awaitParked(t, srv, 1)
	<-end.Done()
	var lost *LostError
	if end.Err() != nil {
		require.ErrorAs(t, end.Err(), &lost)
	}
	awaitParked(t, srv, 0)
}

func TestShutdownFindsParkedSessions(t *testing.T) {
	srv, target := parkingServer(t, time.Millisecond, nil)
	var clients []*Conn
	for range 20 {
		clients = append(clients, dialParking(t, target, nil))
	}
	awaitParked(t, srv, 20)
	require.NoError(t, srv.Shutdown(t.Context()))
	for _, c := range clients {
		<-c.Done()
	}
}

// Sessions that are parked, woken and cut at any moment lose nothing.
func TestParkingUnderCuts(t *testing.T) {
	srv, target := parkingServer(t, time.Millisecond, nil)
	proxy, err := faultproxy.Listen(target[len("tcp://"):], nil)
	require.NoError(t, err)
	defer proxy.Close()
	stop := make(chan struct{})
	var cutter, clients sync.WaitGroup
	cutter.Go(func() {
		for {
			select {
			case <-stop:
				return
			case <-time.After(time.Duration(rand.IntN(30)) * time.Millisecond):
				proxy.Cut(faultproxy.RST)
			}
		}
	})
	for range 10 {
		c := dialParking(t, "tcp://"+proxy.Addr().String(), &Config{Retry: reconnect.Policy{InitialDelay: time.Millisecond, MaxDelay: 5 * time.Millisecond}})
		clients.Go(func() {
			for i := range 100 {
				<-time.After(time.Duration(rand.IntN(4000)) * time.Microsecond) // about as long as it takes to park
				echoed(t, c, fmt.Sprint(i))
			}
		})
	}
	clients.Wait()
	close(stop)
	cutter.Wait()
	awaitParked(t, srv, 10)
}

// A socket that epoll did not take once is offered to it again.
func TestParkingIsTriedAgain(t *testing.T) {
	srv, target := parkingServer(t, 10*time.Millisecond, nil)
	first := dialParking(t, target, nil)
	echoed(t, first, "hello")
	awaitParked(t, srv, 1)
	p := &srv.poller
	p.mu.Lock()
	real := p.fd
	p.fd = 1 << 20 // there is no such descriptor
	p.mu.Unlock()
	second := dialParking(t, target, nil)
	echoed(t, second, "hello")
	require.Eventually(t, func() bool { // it has been refused
		for _, c := range srv.sessions.all() {
			c.mu.Lock()
			l := c.link
			c.mu.Unlock()
			p.mu.Lock()
			refused := l.place.slot != 0 && !l.place.added
			p.mu.Unlock()
			if refused {
				return true
			}
		}
		return false
	}, 10*time.Second, time.Millisecond)
	p.mu.Lock()
	p.fd = real
	p.mu.Unlock()
	awaitParked(t, srv, 2)
}

// A session that speaks up after it was parked is given more time before it is
// parked again, up to a limit.
func TestParkingGrowsPatient(t *testing.T) {
	srv, target := parkingServer(t, 10*time.Millisecond, nil)
	c := dialParking(t, target, nil)
	patience := func() uint8 {
		s := srv.sessions.all()[0]
		s.mu.Lock()
		defer s.mu.Unlock()
		wait := parkAfter >> (maxPatience - s.patience)
		s.idleWatch = false
		before := clock()
		s.watchIdleLocked()
		require.GreaterOrEqual(t, s.idleAt, before+wait)
		require.LessOrEqual(t, s.idleAt, clock()+wait)
		return s.patience
	}
	for range maxPatience + 2 {
		awaitParked(t, srv, 1)
		require.NotZero(t, patience())
		echoed(t, c, "awake")
	}
	require.EqualValues(t, maxPatience, patience())
}
