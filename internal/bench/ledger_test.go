package main

import (
	"errors"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

// TestALedgerOutlivesItsServer, and counts what two of them have consumed.
func TestALedgerOutlivesItsServer(t *testing.T) {
	name := filepath.Join(t.TempDir(), "ledger")
	msg := make([]byte, echoSize)
	answered := 0
	answer := sendFunc(func([]byte) error { answered++; return nil })
	for _, seqs := range [][]uint64{{0, 1, 3}, {3, 4}} {
		l, err := openLedger(name)
		require.NoError(t, err)
		for _, seq := range seqs {
			header{seq: seq, source: 7}.put(msg)
			require.NoError(t, l.app(msg, answer))
		}
		require.NoError(t, l.Close())
	}
	require.Equal(t, 5, answered)
	l, err := openLedger(name)
	require.NoError(t, err)
	defer l.Close()
	require.Equal(t, []byte{1, 1, 0, 2, 1, 0}, l.row(7)[:6])
	require.Equal(t, make([]byte, ledgerRow), l.row(8))
	require.Error(t, l.app([]byte("not a message"), answer))
}

// TestAMessageIsWrittenDownBeforeItIsAnswered: an answer that is lost shall not
// make it look lost.
func TestAMessageIsWrittenDownBeforeItIsAnswered(t *testing.T) {
	l, err := openLedger(filepath.Join(t.TempDir(), "ledger"))
	require.NoError(t, err)
	defer l.Close()
	msg := make([]byte, echoSize)
	header{}.put(msg)
	gone := errors.New("gone")
	require.ErrorIs(t, l.app(msg, sendFunc(func([]byte) error { return gone })), gone)
	require.EqualValues(t, 1, l.row(0)[0])
}
