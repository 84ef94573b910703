package conn

import (
	"context"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn/conntest"
)

// A listener on which nobody dials takes no place away from another.
func TestIdleListenersHoldNoPlace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRig(t, nil, &Config{MaxConns: 1})
		network := &conntest.Network{}
		for _, name := range []string{"a", "b", "c"} {
			ln, err := network.Listen(name)
			require.NoError(t, err)
			go func() { _ = r.srv.Serve(context.Background(), ln) }() // ends with the server
		}
		synctest.Wait()
		for _, name := range []string{"a", "b", "c"} {
			nc, err := network.Dial(t.Context(), name)
			require.NoError(t, err)
			p := newRawPeer(t, nc)
			p.greet(rawHello())
			p.write(make([]byte, 4)) // a violation, which ends the link
			p.rest()
			synctest.Wait()
		}
	})
}
