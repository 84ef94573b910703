package reconnect

import (
	"errors"
	"fmt"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestMarksAreTransparent(t *testing.T) {
	for name, mark := range map[string]func(error) error{
		"Permanent":  Permanent,
		"RetryAfter": func(err error) error { return RetryAfter(1, 2, err) },
	} {
		t.Run(name, func(t *testing.T) {
			err := mark(fmt.Errorf("handshake: %w", io.ErrUnexpectedEOF))
			require.ErrorIs(t, err, io.ErrUnexpectedEOF)
			require.EqualError(t, err, "handshake: unexpected EOF")
		})
	}
}

func TestMarksOfNil(t *testing.T) {
	require.NoError(t, Permanent(nil))
	require.ErrorContains(t, RetryAfter(1, 2, nil), "come back later", "the server's word is never lost")
}

func TestRetryAfterPutsItsSpanInOrder(t *testing.T) {
	for _, test := range []struct{ min, max, wantMin, wantMax time.Duration }{
		{1, 2, 1, 2},
		{2, 1, 2, 2},
		{-2, 1, 0, 1},
		{-2, -1, 0, 0},
	} {
		var got *retryAfterError
		require.True(t, errors.As(RetryAfter(test.min, test.max, io.EOF), &got))
		require.Equal(t, test.wantMin, got.min, "%+v", test)
		require.Equal(t, test.wantMax, got.max, "%+v", test)
	}
}

func TestGaveUpErrorSaysWhy(t *testing.T) {
	err := error(&GaveUpError{Limit: "MaxAttempts", Attempts: 3, Elapsed: 1500 * time.Millisecond, Err: io.EOF})
	require.ErrorIs(t, err, io.EOF)
	require.EqualError(t, err, "reconnect: gave up at the limit MaxAttempts, after 3 attempts in 1.5s: EOF")
}
