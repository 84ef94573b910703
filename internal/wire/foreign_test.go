package wire_test

import (
	"context"
	"net"
	"os/exec"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
)

// A client in another language, written after the specification, loses and
// doubles nothing on a network that cuts its links.
func TestForeignClient(t *testing.T) {
	python, err := exec.LookPath("python3")
	if err != nil {
		t.Skip("there is no python3")
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	srv := conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
		for msg, err := range c.Messages(ctx) {
			if err != nil {
				return err
			}
			if err := c.Send(ctx, msg); err != nil {
				return err
			}
		}
		return nil
	}), &conn.Config{Window: 8192})
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	served := make(chan error, 1)
	go func() { served <- srv.Serve(ctx, ln) }()
	proxy, err := faultproxy.Listen(ln.Addr().String(), &faultproxy.Config{
		Schedule: faultproxy.Schedule{Seed: 1, Cuts: 20, Mean: 10_000},
	})
	require.NoError(t, err)

	out, err := exec.CommandContext(ctx, python, "../../conn/testdata/minimal_client.py", proxy.Addr().String(), "2000").CombinedOutput()
	t.Logf("%s", out)
	require.NoError(t, err)
	require.EqualValues(t, 20, proxy.Stats().Cuts)
	require.NoError(t, proxy.Close())
	require.NoError(t, srv.Close())
	require.ErrorIs(t, <-served, conn.ErrServerClosed)
}
