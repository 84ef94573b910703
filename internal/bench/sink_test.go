package main

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// send gives a sink some messages of one sender.
func (s *sink) send(t *testing.T, source uint32, last uint64, seqs ...uint64) {
	t.Helper()
	msg := make([]byte, headerSize)
	for _, seq := range seqs {
		header{seq: seq, source: source, last: seq == last}.put(msg)
		require.NoError(t, s.take(msg))
	}
}

func TestASinkWaitsForTheLastMessageOfEverySender(t *testing.T) {
	var s sink
	s.expect(2)
	s.send(t, 0, 2, 0, 1, 2)
	require.Empty(t, s.run.Load().ended)
	s.send(t, 1, 3, 0, 2, 3)
	require.Equal(t, Tally{Messages: 6, Faults: Faults{Lost: 1}}, s.await())
}

func TestALastMessageThatComesTwiceCountsOnce(t *testing.T) {
	var s sink
	s.expect(2)
	s.send(t, 0, 0, 0, 0)
	require.Empty(t, s.run.Load().ended)
	s.send(t, 1, 0, 0)
	require.Equal(t, Tally{Messages: 3, Faults: Faults{Repeated: 1}}, s.await())
}

func TestASinkCountsWhatItCannotRead(t *testing.T) {
	var s sink
	require.ErrorIs(t, s.take(make([]byte, headerSize)), errUnexpected)
	s.expect(1)
	require.NoError(t, s.take([]byte("what")))
	s.send(t, 9, 0, 0) // nobody of that number
	s.send(t, 0, 0, 0)
	require.Equal(t, Tally{Messages: 1, Faults: Faults{Broken: 2}}, s.await())
}
