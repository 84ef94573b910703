package main

import (
	"bytes"
	"io"
	"testing"
	"testing/iotest"

	"github.com/stretchr/testify/require"
)

func TestFramesComeWholeHoweverTheyArrive(t *testing.T) {
	var stream []byte
	want := [][]byte{[]byte("a"), {}, bytes.Repeat([]byte("b"), 500), bytes.Repeat([]byte("c"), 200_000), []byte("d")}
	for _, m := range want {
		stream = appendFrame(stream, m)
	}
	for name, r := range map[string]io.Reader{
		"at once":      bytes.NewReader(stream),
		"byte by byte": iotest.OneByteReader(bytes.NewReader(stream)),
		"half by half": iotest.HalfReader(bytes.NewReader(stream)),
		"with the end": iotest.DataErrReader(bytes.NewReader(stream)),
	} {
		f := &frames{r: r}
		for _, m := range want {
			got, err := f.next()
			require.NoError(t, err, name)
			require.True(t, bytes.Equal(m, got), name)
		}
		_, err := f.next()
		require.ErrorIs(t, err, io.EOF, name)
	}
}

func TestAFrameThatCannotBeIsRefused(t *testing.T) {
	for _, head := range [][]byte{{0, 0, 0, 0, 0}, {255, 255, 255, 255, 0}} {
		_, err := (&frames{r: bytes.NewReader(head)}).next()
		require.ErrorContains(t, err, "a frame of")
	}
}
