package wsconn_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/conn/conntest/faultproxy"
	"github.com/longsplice/longsplice/conn/wsconn"
)

// A proxy cuts the connection at any byte, the upgrade and headers of frames
// included, and nothing is lost, doubled or out of order.
func TestManyCuts(t *testing.T) {
	both(t, func(t *testing.T, secure bool) {
		srv := conn.NewServer(conn.HandlerFunc(echo), &conn.Config{MaxFailedResumes: -1})
		defer srv.Close()
		ln := wsconn.NewListener(nil)
		go srv.Serve(context.Background(), ln)
		e := serve(t, secure, ln)
		proxy, err := faultproxy.Listen(e.Listener.Addr().String(), &faultproxy.Config{
			Schedule: faultproxy.Schedule{Seed: 1, Cuts: 60, Mean: 20_000},
		})
		require.NoError(t, err)
		defer proxy.Close()
		proxy.SetSlice(faultproxy.Both, 1000)
		ctx := limited(t, 2*time.Minute)
		target := "ws://"
		if secure {
			target = "wss://"
		}
		c, err := conn.Dial(ctx, target+proxy.Addr().String(), &conn.Config{
			Retry:   soon,
			Dialers: wsconn.Dialers(&wsconn.Dialer{TLS: e.client}),
		})
		require.NoError(t, err)
		for c.Stats().Links <= 30 {
			require.NoError(t, numbered(ctx, c, 5_000))
		}
		require.NoError(t, c.Close())
	})
}
