package conn_test

import (
	"context"
	"errors"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
)

// What TestStress found, each by itself.

// Without resumption a session ends with its link. But a peer that has closed has
// said all that it had to say, and what has arrived of it is the application's, at
// its own pace, as it is with resumption.
func TestWithoutResumptionWhatAClosedClientSentIsReceived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		received := make(chan error, 1)
		b := newBed(t, conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			time.Sleep(10 * time.Second) // it has other things to do
			err := ctx.Err()
			if got, _ := takeToEOF(ctx, c); got != n {
				err = errors.New("messages are missing")
			}
			received <- err
			return err
		}), nil)
		ends := make(chan error, 1)
		b.cfg.Trace = &conn.Trace{SessionEnd: func(_ *conn.Conn, err error) { ends <- err }}
		c := b.dial(conn.Config{NoResume: true})
		require.NoError(t, give(t.Context(), c, 0, n))
		time.Sleep(time.Second)
		require.Error(t, c.Close(), "nothing is consumed yet")
		require.NoError(t, <-received)
		var closed *conn.CloseError
		require.ErrorAs(t, <-ends, &closed)
		require.True(t, closed.Remote)
	})
}

func TestWithoutResumptionWhatAClosedServerSentIsReceived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 20
		b, c, s := pair(t, &conn.Config{NoResume: true, Linger: -1}, conn.Config{})
		require.NoError(t, give(t.Context(), s, 0, n))
		time.Sleep(time.Second)
		require.Error(t, s.Close(), "nothing is consumed yet")
		time.Sleep(10 * time.Second)
		require.NoError(t, c.Err(), "there is something to receive")
		got, err := takeToEOF(t.Context(), c)
		require.NoError(t, err)
		require.Equal(t, n, got)
		_, err = c.Receive(t.Context())
		require.Equal(t, io.EOF, err)
		<-c.Done()
		require.Empty(t, b.net.Links(), "it has not dialled again")
		require.EqualValues(t, 1, c.Stats().Links)
	})
}

// What has not arrived with the link never will.
func TestWithoutResumptionWhatIsMissingIsLost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b, c, s := pair(t, &conn.Config{NoResume: true}, conn.Config{})
		require.NoError(t, give(t.Context(), c, 0, 3))
		require.NoError(t, take(t.Context(), s, 0, 2))
		b.net.Cut(0)
		var lost *conn.LostError
		for _, end := range []*conn.Conn{c, s} {
			<-end.Done()
			require.ErrorAs(t, end.Err(), &lost)
			require.Equal(t, conn.LostLink, lost.Reason)
		}
	})
}
