package conntest

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestWritesAreBufferedUpToTheLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, link := connect(t, New(&Config{Buffer: 10}))
		write(t, client, "0123456789")
		ended, written := start(func() error { _, err := client.Write([]byte("abcdef")); return err })
		require.False(t, ended)
		read(t, server, "0123")
		synctest.Wait()
		read(t, server, "456789abcdef")
		require.NoError(t, written())
		require.EqualValues(t, 16, link.Written(ToServer))
		require.EqualValues(t, 16, link.Delivered(Both))
	})
}

func TestConcurrentWritesDoNotMix(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, _ := connect(t, New(&Config{Buffer: 3}))
		for _, s := range []string{"aaaaaaaaaa", "bbbbbbbbbb", "cccccccccc"} {
			go write(t, client, s)
		}
		p := make([]byte, 30)
		_, err := io.ReadFull(server, p)
		require.NoError(t, err)
		for i := 0; i < 30; i += 10 {
			require.Equal(t, strings.Repeat(string(p[i]), 10), string(p[i:i+10]))
		}
	})
}

func TestCloseSendsFINAfterTheData(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, link := connect(t, &Network{})
		write(t, client, "last words")
		require.NoError(t, client.Close())
		require.ErrorIs(t, client.Close(), net.ErrClosed)
		require.ErrorIs(t, readErr(client), net.ErrClosed)
		require.ErrorIs(t, writeErr(client), net.ErrClosed)
		require.ErrorIs(t, client.SetDeadline(time.Time{}), net.ErrClosed)

		// As with TCP the first write is taken, and answered with a reset.
		require.NoError(t, writeErr(server))
		require.ErrorIs(t, writeErr(server), syscall.EPIPE)
		read(t, server, "last words")
		require.Equal(t, io.EOF, readErr(server))
		require.Equal(t, io.EOF, readErr(server))
		require.False(t, link.Over())
		require.NoError(t, server.Close())
		require.True(t, link.Over())
	})
}

func TestHalfClose(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, _ := connect(t, &Network{})
		write(t, client, "question")
		require.NoError(t, client.(*conn).CloseWrite())
		require.ErrorIs(t, writeErr(client), syscall.EPIPE)
		read(t, server, "question")
		require.Equal(t, io.EOF, readErr(server))
		write(t, server, "reply")
		read(t, client, "reply")
		require.NoError(t, server.Close())
		require.Equal(t, io.EOF, readErr(client))
		require.NoError(t, client.Close())
		require.ErrorIs(t, client.(*conn).CloseWrite(), net.ErrClosed)
	})
}

func TestCloseWithUnreadDataResetsThePeer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, _ := connect(t, &Network{})
		write(t, client, "ignored")
		write(t, server, "lost")
		require.NoError(t, server.Close())
		require.ErrorIs(t, readErr(client), syscall.ECONNRESET)
		require.ErrorIs(t, writeErr(client), syscall.ECONNRESET)
		require.ErrorIs(t, client.(*conn).CloseWrite(), syscall.ENOTCONN)
	})
}

func TestCloseUnblocks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, _, _ := connect(t, New(&Config{Buffer: 1}))
		_, readDone := start(func() error { return readErr(client) })
		_, writeDone := start(func() error { _, err := client.Write([]byte("ab")); return err })
		require.NoError(t, client.Close())
		require.ErrorIs(t, readDone(), net.ErrClosed)
		require.ErrorIs(t, writeDone(), net.ErrClosed)
	})
}

func TestAReadThatTimedOutLosesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, _ := connect(t, &Network{})
		begin := time.Now()
		require.NoError(t, client.SetReadDeadline(begin.Add(time.Second)))
		err := readErr(client)
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		var timeout net.Error
		require.True(t, errors.As(err, &timeout) && timeout.Timeout())
		require.Equal(t, time.Second, time.Since(begin))

		write(t, server, "kept")
		require.ErrorIs(t, readErr(client), os.ErrDeadlineExceeded)
		require.NoError(t, client.SetReadDeadline(time.Time{}))
		read(t, client, "kept")
	})
}

func TestAWriteThatTimedOutSaysHowMuchWasTaken(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, _ := connect(t, New(&Config{Buffer: 4}))
		require.NoError(t, client.SetWriteDeadline(time.Now().Add(time.Second)))
		n, err := client.Write([]byte("012345"))
		require.ErrorIs(t, err, os.ErrDeadlineExceeded)
		require.Equal(t, 4, n)
		read(t, server, "0123")
		require.ErrorIs(t, writeErr(client), os.ErrDeadlineExceeded)
		require.NoError(t, client.SetDeadline(time.Time{}))
		write(t, client, "45")
		read(t, server, "45")
	})
}

func TestDeadlinesChangeWhileBlocked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, server, _ := connect(t, &Network{})
		begin := time.Now()
		require.NoError(t, client.SetReadDeadline(begin.Add(time.Second)))
		_, result := start(func() error { return readErr(client) })
		require.NoError(t, client.SetReadDeadline(begin.Add(time.Minute)))
		require.ErrorIs(t, result(), os.ErrDeadlineExceeded)
		require.Equal(t, time.Minute, time.Since(begin))

		require.NoError(t, client.SetReadDeadline(time.Time{}))
		_, result = start(func() error { return readErr(client) })
		require.NoError(t, client.SetReadDeadline(time.Now()))
		require.ErrorIs(t, result(), os.ErrDeadlineExceeded)

		_, result = start(func() error { _, err := server.Write(bytes.Repeat([]byte{1}, 1<<20)); return err })
		require.NoError(t, server.SetWriteDeadline(time.Now().Add(-1)))
		require.ErrorIs(t, result(), os.ErrDeadlineExceeded)
	})
}

func TestAZeroLengthReadReturnsAtOnce(t *testing.T) {
	client, server := Pipe()
	n, err := client.Read(nil)
	require.NoError(t, err)
	require.Zero(t, n)
	n, err = server.Write(nil)
	require.NoError(t, err)
	require.Zero(t, n)
	require.Equal(t, "mem", client.LocalAddr().Network())
	require.Equal(t, client.RemoteAddr(), server.LocalAddr())
}
