package wsconn_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/wsconn"
	"github.com/longsplice/longsplice/reconnect"
)

// soon is a policy for tests, which have no time to lose.
var soon = reconnect.Policy{InitialDelay: time.Millisecond, MaxDelay: 20 * time.Millisecond}

func echo(ctx context.Context, c *conn.Conn) error {
	for msg, err := range c.Messages(ctx) {
		if err != nil {
			return err
		}
		if err := c.Send(ctx, msg); err != nil {
			return err
		}
	}
	return nil
}

func TestSession(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		srv := conn.NewServer(conn.HandlerFunc(echo), nil)
		ln := wsconn.NewListener(nil)
		e := serve(t, secure, ln)
		go srv.Serve(context.Background(), ln)
		t.Cleanup(func() { _ = srv.Close() })
		ctx := limited(t, 10*time.Second)
		c, err := conn.Dial(ctx, e.target, &conn.Config{
			Retry:   soon,
			Dialers: wsconn.Dialers(&wsconn.Dialer{TLS: e.client}),
		})
		require.NoError(t, err)
		for range 100 {
			require.NoError(t, c.Send(ctx, []byte("over and out")))
			msg, err := c.Receive(ctx)
			require.NoError(t, err)
			require.Equal(t, "over and out", string(msg))
		}
		require.NoError(t, c.Close())
	})
}
