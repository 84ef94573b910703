package main

import (
	"bytes"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestALineIsRewrittenOnATerminalAlone(t *testing.T) {
	var out bytes.Buffer
	s := newShow(&out)
	s.show("one")
	s.show("two")
	s.stop()
	require.Equal(t, "one\ntwo\n", out.String())

	out.Reset()
	s = newShow(&out)
	s.terminal = true
	s.show("one")
	s.show(strings.Repeat("12345678  ", 10))
	s.stop()
	require.Equal(t, "one\r\x1b[K"+strings.Repeat("12345678  ", 8)[:78]+"\r\x1b[K", out.String())
}
