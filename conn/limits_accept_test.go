package conn

import (
	"context"
	"errors"
	"net"
	"os"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest"
)

// shortListener fails as Accept does when a resource is short, until told that
// it is not.
type shortListener struct {
	net.Listener
	err error

	mu    sync.Mutex
	left  int
	tries []time.Time
}

func (l *shortListener) Accept() (net.Conn, error) {
	l.mu.Lock()
	l.tries = append(l.tries, time.Now())
	l.left--
	short := l.left >= 0
	l.mu.Unlock()
	if short {
		return nil, l.err
	}
	return l.Listener.Accept()
}

func TestAcceptBacksOffAndKeepsServing(t *testing.T) {
	wrapped := &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.EMFILE)}
	for name, err := range map[string]error{
		"EMFILE":        wrapped,
		"ENFILE":        &net.OpError{Op: "accept", Net: "tcp", Err: os.NewSyscallError("accept4", syscall.ENFILE)},
		"ECONNABORTED":  &net.OpError{Op: "accept", Net: "tcp", Err: syscall.ECONNABORTED},
		"a bare EMFILE": syscall.EMFILE, // from a listener that is not package net's
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := &conntest.Network{}
				inner, lerr := network.Listen("server")
				require.NoError(t, lerr)
				ln := &shortListener{Listener: inner, err: err, left: 10}
				r := newRig(t, nil, &Config{MaxConns: 1})
				served := make(chan error, 1)
				go func() { served <- r.srv.Serve(context.Background(), ln) }()
				synctest.Wait()
				nc, derr := network.Dial(t.Context(), "server")
				require.NoError(t, derr)
				newRawPeer(t, nc).greet(rawHello())
				synctest.Wait()
				ms := []time.Duration{}
				for i := 1; i < len(ln.tries); i++ {
					ms = append(ms, ln.tries[i].Sub(ln.tries[i-1])/time.Millisecond)
				}
				require.Equal(t, []time.Duration{10, 20, 40, 80, 160, 320, 640, 1000, 1000, 1000}, ms[:10])
				require.Empty(t, served)
				require.NoError(t, r.srv.Close())
				require.Equal(t, ErrServerClosed, <-served)
			})
		})
	}
}

// Once it has gone well, the next shortage begins at 10 ms again.
func TestAcceptBackOffBeginsAnew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &conntest.Network{}
		inner, err := network.Listen("server")
		require.NoError(t, err)
		ln := &shortListener{Listener: inner, err: &net.OpError{Op: "accept", Err: syscall.EMFILE}, left: 6}
		r := newRig(t, nil, nil)
		go func() { _ = r.srv.Serve(context.Background(), ln) }() // ends with the server
		dial := func() {
			nc, err := network.Dial(t.Context(), "server")
			require.NoError(t, err)
			newRawPeer(t, nc).greet(rawHello())
		}
		dial()
		synctest.Wait()
		ln.mu.Lock()
		ln.left = 2
		ln.mu.Unlock()
		dial() // this one was waited for already
		began := time.Now()
		dial()
		require.Equal(t, 30*time.Millisecond, time.Since(began))
	})
}

func TestListenerThatFailsForGoodEndsServe(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &conntest.Network{}
		inner, err := network.Listen("server")
		require.NoError(t, err)
		broken := errors.New("broken")
		r := newRig(t, nil, nil)
		require.Equal(t, broken, r.srv.Serve(t.Context(), &shortListener{Listener: inner, err: broken, left: 1}))
		_, err = network.Dial(t.Context(), "server")
		require.Error(t, err, "the listener was closed")
		require.Empty(t, r.srv.slots)
	})
}

// A wait for the next attempt does not hold up the end.
func TestBackOffEndsWithTheContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		network := &conntest.Network{}
		inner, err := network.Listen("server")
		require.NoError(t, err)
		ln := &shortListener{Listener: inner, err: &net.OpError{Op: "accept", Err: syscall.EMFILE}, left: 1 << 30}
		r := newRig(t, nil, nil)
		ctx, cancel := context.WithCancel(t.Context())
		served := make(chan error, 1)
		go func() { served <- r.srv.Serve(ctx, ln) }()
		time.Sleep(10 * time.Second) // of the bubble
		began := time.Now()
		cancel()
		require.ErrorIs(t, <-served, context.Canceled)
		require.Zero(t, time.Since(began))
	})
}
