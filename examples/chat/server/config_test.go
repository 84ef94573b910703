package main

import (
	"context"
	"errors"
	"flag"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestFlagsComeBeforeTheEnvironmentThatBeforeTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "chat.conf")
	require.NoError(t, os.WriteFile(file, []byte("# comment\n\nrate = 1\nburst=2\n max-text = 3 \nmotd = a = b\n"), 0o600))
	env := map[string]string{"CHAT_CONFIG": file, "CHAT_BURST": "20", "CHAT_MAX_TEXT": "30"}
	s, _, err := load([]string{"-max-text", "300"}, func(k string) string { return env[k] }, io.Discard)
	require.NoError(t, err)
	require.InDelta(t, 1.0, s.rate, 0)
	require.Equal(t, 20, s.burst)
	require.Equal(t, 300, s.maxText)
	require.Equal(t, "a = b", s.motd)
	require.Equal(t, 50, s.maxRooms, "the default")
}

func TestSettingsThatAreRefused(t *testing.T) {
	file := filepath.Join(t.TempDir(), "chat.conf")
	for _, c := range []struct {
		file, env string
		args      []string
		want      string
	}{
		{args: []string{"extra"}, want: `unexpected argument "extra"`},
		{args: []string{"-nonsense"}, want: "nonsense"},
		{args: []string{"-config", "/does/not/exist"}, want: "exist"},
		{file: "rate\n", want: "chat.conf:1: not of the form"},
		{file: "\nnonsense = 1\n", want: "chat.conf:2: no such flag"},
		{file: "rate = fast\n", want: "chat.conf:1"},
		{env: "fast", want: "CHAT_RATE"},
		{args: []string{"-rate", "0"}, want: "above zero"},
		{args: []string{"-max-text", "7000"}, want: "max-text"},
		{args: []string{"-log-format", "xml"}, want: "log-format"},
		{args: []string{"-log-level", "loud"}, want: "loud"},
		{args: []string{"-tls-cert", "x"}, want: "belong together"},
		{args: []string{"-come-back-min", "1m"}, want: "come-back-max"},
		{args: []string{"-grace", "-1s"}, want: "duration"},
	} {
		args := c.args
		if c.file != "" {
			require.NoError(t, os.WriteFile(file, []byte(c.file), 0o600))
			args = append(args, "-config", file)
		}
		_, _, err := load(args, func(k string) string {
			if k == "CHAT_RATE" {
				return c.env
			}
			return ""
		}, io.Discard)
		require.ErrorContains(t, err, c.want)
	}
	_, _, err := load([]string{"-h"}, func(string) string { return "" }, io.Discard)
	require.ErrorIs(t, err, flag.ErrHelp)
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
