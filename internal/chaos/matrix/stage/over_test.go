package stage_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/chaos/matrix/stage"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestEachTransportCarriesASession(t *testing.T) {
	for _, over := range stage.Transports {
		t.Run(string(over), func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
			defer cancel()
			echo := conn.OnMessage(func(ctx context.Context, c *conn.Conn, msg []byte) error { return c.Send(ctx, msg) })
			srv := conn.NewServer(echo, nil)
			ln, err := over.Listen("127.0.0.1:0")
			require.NoError(t, err)
			served := make(chan error, 1)
			go func() { served <- srv.Serve(ctx, ln) }()

			c, err := conn.Dial(ctx, over.Target(ln.Address()), over.Client(&conn.Config{}))
			require.NoError(t, err)
			require.NoError(t, c.Send(ctx, []byte("over "+over)))
			msg, err := c.Receive(ctx)
			require.NoError(t, err)
			require.Equal(t, "over "+string(over), string(msg))
			require.NoError(t, c.Close())

			bare, err := over.Dial(ctx, ln.Address())
			require.NoError(t, err)
			require.NoError(t, bare.Close())
			require.NoError(t, srv.Shutdown(ctx))
			require.ErrorIs(t, <-served, conn.ErrServerClosed)
		})
	}
}
