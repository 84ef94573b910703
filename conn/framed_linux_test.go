package conn

import (
	"bytes"
	"context"
	"net"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/reconnect"
)

// boxing is a listener of boxed transports, and remembers them.
type boxing struct {
	net.Listener
	mu  sync.Mutex
	all []*boxed
}

func (l *boxing) Accept() (net.Conn, error) {
	nc, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	_ = nc.(*net.TCPConn).SetWriteBuffer(4 << 10) // so that writes are taken in parts
	b := &boxed{Conn: nc}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.all = append(l.all, b)
	return b, nil
}

func dialBoxed(_ context.Context, address string) (net.Conn, error) {
	nc, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	return &boxed{Conn: nc}, nil
}

// A framed transport is written to and read from as its socket would be: sessions
// go on over cuts at any byte, writes that were taken in part are continued, and
// idle sessions need no goroutine.
func TestFramed(t *testing.T) {
	was := parkAfter
	parkAfter = 10 * time.Millisecond
	defer func() { parkAfter = was }()
	srv := NewServer(OnMessage(func(ctx context.Context, c *Conn, msg []byte) error {
		return c.Send(ctx, msg)
	}), &Config{MaxFailedResumes: -1})
	tcp, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	ln := &boxing{Listener: tcp}
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	defer func() { require.NoError(t, srv.Close()); <-served }()
	proxy, err := faultproxy.Listen(tcp.Addr().String(), &faultproxy.Config{
		Schedule: faultproxy.Schedule{Seed: 1, Cuts: 20, Mean: 50_000},
	})
	require.NoError(t, err)
	defer proxy.Close()
	proxy.SetSlice(faultproxy.Both, 777)
	c, err := Dial(t.Context(), "boxed://"+proxy.Addr().String(), &Config{
		Dialers: map[string]DialFunc{"boxed": dialBoxed},
		Retry:   reconnect.Policy{InitialDelay: time.Millisecond, MaxDelay: 20 * time.Millisecond},
	})
	require.NoError(t, err)
	defer c.Close()

	sent := make(chan error, 1)
	go func() {
		for i := range 3000 {
			if err := c.Send(t.Context(), bytes.Repeat([]byte{byte(i)}, 1+i*i%3000)); err != nil {
				sent <- err
				return
			}
		}
		sent <- nil
	}()
	for i := range 3000 {
		msg, err := c.Receive(t.Context())
		require.NoError(t, err)
		require.Equal(t, bytes.Repeat([]byte{byte(i)}, 1+i*i%3000), msg)
	}
	require.NoError(t, <-sent)
	require.Greater(t, c.Stats().Links, uint64(10))
	for range 3 {
		awaitParked(t, srv, 1)
		echoed(t, c, "awake")
	}
	ln.mu.Lock()
	defer ln.mu.Unlock()
	last := ln.all[len(ln.all)-1]
	require.NotZero(t, last.framed.Load())
	require.NotZero(t, last.unframed.Load())
}
