package main

import (
	"encoding/binary"
	"testing"

	"github.com/stretchr/testify/require"
)

func value(n int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(n)) }

func TestMembersCompare(t *testing.T) {
	needsLinux(t)
	b, err := createBooks(2, 1)
	require.NoError(t, err)
	defer b.file.Close()
	r := b.ring(1, 0)
	for n := range 100 {
		b.agree(r, uint64(n+1), value(n))
	}
	for n := range 100 {
		b.agree(r, uint64(n+1), value(n))
	}
	require.EqualValues(t, 200, b.shared.Load())

	b.agree(r, 10, value(12))
	require.EqualValues(t, 3, b.room.lost.Load(), "values 9 to 11")
	b.agree(r, 10, value(8))
	require.EqualValues(t, 1, b.room.duplicated.Load())
	b.agree(r, 10, value(1000))
	require.EqualValues(t, 1, b.room.wrong.Load())

	for n := 100; n <= ringSize; n++ {
		b.agree(r, uint64(n+1), value(n))
	}
	b.agree(r, 1, value(0))
	require.EqualValues(t, 1, b.forgotten.Load())
	require.Equal(t, 1, b.place(0, 1+ringTerms))
	b.agree(r, 1, value(7))
	require.EqualValues(t, 1, b.room.wrong.Load(), "another term")
}
