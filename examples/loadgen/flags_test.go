package main

import (
	"bytes"
	"flag"
	"io"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFlags(t *testing.T) {
	o, err := parse([]string{"-target", "ws://x/chat", "-rate", "1000", "-size", "64-1024", "-for", "60s", "-ramp", "10s"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, 71*time.Second, o.planned())
	require.Equal(t, "loadgen -target ws://x/chat -rate 1000 -size 64-1024 -for 60s -ramp 10s", o.commandLine)
	o, err = parse([]string{"-closed", "-think", "1s"}, io.Discard)
	require.NoError(t, err)
	require.Zero(t, o.rate)
}

func TestFlagsThatMakeNoSense(t *testing.T) {
	for _, args := range [][]string{
		{"-target", "127.0.0.1:7777"}, {"-target", "http://x"}, {"-work", "sleep"}, {"-clients", "0"}, {"-rate", "0"},
		{"-rate", "NaN"}, {"-for", "0s"}, {"-ramp", "-1s"}, {"-size", "23"}, {"-size", "x"}, {"-closed", "-rate", "5"},
		{"-think", "1s"}, {"-arrivals", "daily"}, {"-rooms", "3"}, {"-work", "chat", "-clients", "3", "-rooms", "5"},
		{"-work", "chat", "-size", "6001"}, {"-work", "chat", "-credential", "x"}, {"-max-errors", "101%"}, {"-max-errors", "-1"}, {"more"},
	} {
		var usage bytes.Buffer
		_, err := parse(args, &usage)
		require.Error(t, err, "%v", args)
		require.Contains(t, usage.String(), err.Error(), "%v", args)
	}
	_, err := parse([]string{"-h"}, io.Discard)
	require.ErrorIs(t, err, flag.ErrHelp)
}

func TestTolerance(t *testing.T) {
	for _, c := range []struct {
		flag             string
		errors, messages uint64
		exceeded         bool
	}{
		{"0", 0, 10, false}, {"0", 1, 10, true}, {"3", 3, 10, false}, {"3", 4, 10, true},
		{"10%", 1, 10, false}, {"10%", 2, 10, true}, {"0.1%", 1, 999, true}, {"10%", 1, 0, true},
	} {
		var v tolerance
		require.NoError(t, v.Set(c.flag))
		require.Equal(t, c.flag, v.String())
		require.Equal(t, c.exceeded, v.exceeded(c.errors, c.messages), "%v", c)
	}
}
