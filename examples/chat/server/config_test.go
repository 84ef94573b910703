package main

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestSettingsThatAreRefused(t *testing.T) {
	for want, args := range map[string][]string{
		"above zero":      {"-rate", "0"},
		"max-text":        {"-max-text", "7000"},
		"log-format":      {"-log-format", "xml"},
		"loud":            {"-log-level", "loud"},
		"belong together": {"-tls-cert", "x"},
		"come-back-max":   {"-come-back-min", "1m"},
		"duration":        {"-grace", "-1s"},
		"argument":        {"extra"},
	} {
		_, _, err := load(args, func(string) string { return "" }, io.Discard)
		require.ErrorContains(t, err, want)
	}
}

func TestEveryLiveSettingExists(t *testing.T) {
	f := new(settings).flags()
	for _, name := range live {
		require.NotNil(t, f.Lookup(name), name)
	}
}

func TestAnAddressThatIsTakenIsAnError(t *testing.T) {
	s := startServer(t)
	args := []string{"-data", t.TempDir(), "-tcp", s.addrs["tcp"].String(), "-http", "127.0.0.1:0", "-admin", ""}
	err := run(t.Context(), args, func(string) string { return "" }, io.Discard, io.Discard)
	require.ErrorAs(t, err, new(*net.OpError))
}

func TestRunEndsInGoodOrder(t *testing.T) {
	ctx, cancel := context.WithTimeoutCause(t.Context(), time.Millisecond, errors.New("enough"))
	defer cancel()
	var log strings.Builder
	args := []string{"-data", t.TempDir(), "-tcp", "127.0.0.1:0", "-http", "127.0.0.1:0", "-admin", "", "-log-format", "json"}
	require.NoError(t, run(ctx, args, func(string) string { return "" }, io.Discard, &log))
	require.Contains(t, log.String(), `"msg":"draining"`)
	require.Contains(t, log.String(), `"msg":"ended"`)
}
