package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
)

func TestTotalsAreReadBack(t *testing.T) {
	want := total{bytes: 1 << 40, hash: [32]byte{1, 31: 2}}
	got, err := parseTotal(want.message())
	require.NoError(t, err)
	require.Equal(t, want, got)
	for _, bad := range []string{"", "t", string(want.message()[1:]), string(want.message()) + "x"} {
		_, err := parseTotal([]byte(bad))
		require.Error(t, err)
	}
}

// converse says to a receiver what a sender would not, and returns why the
// receiver closed.
func converse(t *testing.T, address string, msgs ...string) *conn.CloseError {
	c, err := conn.Dial(t.Context(), address, nil)
	require.NoError(t, err)
	defer c.Close()
	for _, msg := range msgs {
		if err := c.Send(t.Context(), []byte(msg)); err != nil {
			require.ErrorAs(t, err, new(*conn.CloseError))
		}
	}
	_, err = c.Receive(t.Context())
	var closed *conn.CloseError
	require.ErrorAs(t, err, &closed)
	return closed
}

func TestTheReceiverBelievesOnlyWhatItHashed(t *testing.T) {
	receiver := start(t, nil, io.Discard, "listen", "127.0.0.1:0")
	wrong := total{bytes: 3}.message()
	closed := converse(t, receiver.listening(t), hello, "dabc", string(wrong))
	require.Equal(t, codeMismatch, closed.Code)
	receiver.ends(t, statusMismatch)
	require.Contains(t, receiver.String(), "something else has arrived: 3 bytes, sha256 ba7816bf")
}

func TestTheReceiverUnderstandsOnlySenders(t *testing.T) {
	for _, msgs := range [][]string{{hello, "x"}, {hello, ""}, {hello, "tshort"}} {
		receiver := start(t, nil, io.Discard, "listen", "127.0.0.1:0")
		converse(t, receiver.listening(t), msgs...)
		receiver.ends(t, statusThere)
		require.Contains(t, receiver.String(), "the sender was not understood")
	}
	// One that does not even begin like a sender does not end the receiver.
	receiver := start(t, nil, io.Discard, "listen", "127.0.0.1:0")
	require.Equal(t, codeConfused, converse(t, receiver.listening(t), "GET /").Code)
	sender := start(t, strings.NewReader("x"), nil, "send", receiver.listening(t))
	sender.ends(t, 0)
	receiver.ends(t, 0)
}

func TestTheSenderBelievesOnlyTheSameHash(t *testing.T) {
	for answer, status := range map[string]int{
		string(total{bytes: 3}.message()): statusMismatch,
		"all is well":                     statusThere,
	} {
		srv := conn.NewServer(conn.HandlerFunc(func(ctx context.Context, c *conn.Conn) error {
			for msg, err := range c.Messages(ctx) {
				if err != nil {
					return err
				}
				if len(msg) > 0 && msg[0] == kindTotal {
					if err := c.Send(ctx, []byte(answer)); err != nil {
						return err
					}
				}
			}
			return nil
		}), nil)
		ln, err := net.Listen("tcp", "127.0.0.1:0")
		require.NoError(t, err)
		served := make(chan error, 1)
		go func() { served <- srv.Serve(t.Context(), ln) }()
		sender := start(t, strings.NewReader("abc"), nil, "send", ln.Addr().String())
		sender.ends(t, status)
		require.NoError(t, srv.Close())
		require.True(t, errors.Is(<-served, conn.ErrServerClosed))
	}
}
