package main

import (
	"io"
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	if js := os.Getenv(childEnv); js != "" {
		os.Exit(runChild(js))
	}
	goleak.VerifyTestMain(m)
}

func TestFlags(t *testing.T) {
	o, err := parse([]string{"-for", "8h", "-clients", "2000", "-seed", "7"}, io.Discard)
	require.NoError(t, err)
	require.Equal(t, 8*time.Hour, o.length)
	require.Equal(t, 2000, o.clients)
	for _, wrong := range [][]string{{"-clients", "1"}, {"-for", "0s"}, {"-pace", "1ms"}, {"-rate", "0"}, {"-clients", "10000000"}, {"now"}} {
		_, err := parse(wrong, io.Discard)
		require.Error(t, err, wrong)
	}
}
