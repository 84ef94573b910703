package conn_test

import (
	"context"
	"io"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/internal/wire"
)

// A session that ends with what its own reader has read lets its link go as any
// other: what the peer still sends is read for a while, and meets no reset.
func TestReaderThatEndsASessionLingers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ch := make(capture, 1)
		b := newBed(t, ch, &conn.Config{MinPing: -1, Heartbeat: noWatch, Trace: &conn.Trace{
			SessionEnd: func(*conn.Conn, error) { time.Sleep(time.Millisecond) }, // as a busy machine does
		}})
		p := b.bareClient()
		s := <-ch
		time.Sleep(time.Second)
		closed := start(func() error { return s.Shutdown(context.Background(), conn.CodeNormal, "") })
		p.await(kindClose, time.Second)
		_, err := p.Write(wire.Close{}.Append(nil))
		require.NoError(t, err)
		_, err = p.Read(make([]byte, 1))
		require.ErrorIs(t, err, io.EOF)
		time.Sleep(100 * time.Millisecond) // of 250
		synctest.Wait()
		require.NoError(t, p.SetWriteDeadline(time.Now().Add(time.Second)))
		_, err = p.Write([]byte{0, 0, 0, 9, kindPong, 1, 2, 3, 4, 5, 6, 7, 8})
		require.NoError(t, err, "the socket was closed at once")
		notYet(t, closed)
		<-closed
	})
}
