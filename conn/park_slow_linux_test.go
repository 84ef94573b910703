package conn

import (
	"context"
	"net"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/heartbeat"
)

// A session whose handler took its time over a message is parked as others are.
func TestSlowHandlersSessionIsParked(t *testing.T) {
	was := parkAfter
	parkAfter = 10 * time.Millisecond
	defer func() { parkAfter = was }()
	off := &heartbeat.Config{Interval: -1}
	handled := make(chan struct{})
	srv := NewServer(OnMessage(func(ctx context.Context, c *Conn, msg []byte) error {
		for { // until somebody else reads
			c.mu.Lock()
			lent := c.link.leased
			c.mu.Unlock()
			if lent {
				close(handled)
				return nil
			}
			time.Sleep(time.Millisecond)
		}
	}), &Config{Heartbeat: off})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(context.Background(), ln) }()
	defer func() { require.NoError(t, srv.Close()); <-served }()
	c := dialParking(t, "tcp://"+ln.Addr().String(), &Config{Heartbeat: off})
	awaitParked(t, srv, 1)
	require.NoError(t, c.Send(t.Context(), []byte("slow")))
	<-handled
	awaitParked(t, srv, 1)
}
