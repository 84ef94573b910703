package main

import (
	"bytes"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestAMessageSaysWhichOneItIs(t *testing.T) {
	c := newContent(1, sizes{{header, 500, 1}}, "")
	for seq := range uint64(1000) {
		want := stamp{seq, time.Duration(seq) * time.Second, 1<<62 + time.Duration(seq)}
		msg := c.stamped(7, want, nil)
		got, ok := c.read(7, msg)
		require.True(t, ok)
		require.Equal(t, want, got)
	}
}

func TestAMessageThatWasChangedIsNone(t *testing.T) {
	c := newContent(1, sizes{{100, 100, 1}}, "")
	msg := c.stamped(7, stamp{seq: 3}, nil)
	for i := range msg {
		if i >= 8 && i < header {
			continue // of its times it says nothing
		}
		bad := bytes.Clone(msg)
		bad[i] ^= 1
		_, ok := c.read(7, bad)
		require.False(t, ok, "byte %d", i)
	}
	for _, bad := range [][]byte{nil, msg[:header], msg[:99], append(bytes.Clone(msg), 0)} {
		_, ok := c.read(7, bad)
		require.False(t, ok)
	}
	_, ok := c.read(8, msg)
	require.False(t, ok, "it is of another stream")
}

func TestMarks(t *testing.T) {
	want := mark{member: 4999, stamp: stamp{1 << 40, 10 * time.Hour, 10*time.Hour + 1}}
	require.LessOrEqual(t, len(want.String()), 64, "the chat takes no longer one")
	got, ok := readMark(want.String())
	require.True(t, ok)
	require.Equal(t, want, got)
	for _, id := range []string{"", "1", "1.2.3", "1.2.3.4.5", "1.2.3.!", "1.2.3.-4", "zzzzzzzzzzzzzzzz.1.1.1"} {
		_, ok := readMark(id)
		require.False(t, ok, id)
	}
}
