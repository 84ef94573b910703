package session

import (
	"errors"
	"io"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/longsplice/longsplice/conn"
	"github.com/longsplice/longsplice/reconnect"
)

func TestWhySessionsEnd(t *testing.T) {
	remote := func(code conn.Code, reason string) error {
		return &conn.CloseError{Code: code, Reason: reason, Remote: true}
	}
	for _, c := range []struct {
		err   error
		why   string
		final bool // there is no sense in coming back
	}{
		{io.EOF, "the server has closed the session", true},
		{remote(1001, "taken"), "the server has closed the session: taken", true},
		{&conn.LostError{Reason: conn.LostClosed, Err: remote(1002, "too many")}, "the server has closed the session: too many", true},
		{remote(conn.CodeGoingAway, ""), "the server shuts down", false},
		{remote(conn.CodeError, ""), "the server has failed", false},
		{&conn.LostError{Reason: conn.LostRestarted}, "the server has restarted", false},
		{&conn.LostError{Reason: conn.LostExpired}, "this client was away for too long", false},
	} {
		require.Equal(t, c.why, reason(c.err))
		require.Equal(t, c.final, errors.As(final(c.err), new(*ClosedError)), c.why)
	}
}

func TestLinesThatWentDownWithASession(t *testing.T) {
	e := ended(&conn.LostError{
		Reason:      conn.LostRestarted,
		Undelivered: [][]byte{[]byte(`{"op":"say","id":"x-2"}`), []byte(`{"op":"typing"}`), []byte("garbage")},
		Unknown:     [][]byte{[]byte(`{"op":"say","id":"x-1"}`)},
	})
	require.Equal(t, []string{"x-2"}, e.Unsent)
}

func TestWordsForFailures(t *testing.T) {
	for err, want := range map[error]string{
		syscall.ECONNREFUSED: "connection refused",
		syscall.ECONNRESET:   "connection cut",
		io.EOF:               "connection cut",
		&conn.RefusedError{Code: conn.RefusedBusy}:      "the server is busy",
		&conn.RefusedError{Code: conn.RefusedGoingAway}: "the server shuts down",
		errors.New("something else"):                    "something else",
	} {
		require.Equal(t, want, words(reconnect.Classify(err), err))
	}
}
