package layered

import (
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
)

func flags() *flag.FlagSet {
	f := flag.NewFlagSet("test", flag.ContinueOnError)
	f.SetOutput(io.Discard)
	f.String("config", "", "")
	f.Int("one-thing", 1, "")
	f.Int("two", 2, "")
	f.Int("three", 3, "")
	f.String("text", "", "")
	return f
}

func TestFlagsComeBeforeTheEnvironmentThatBeforeTheFile(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.conf")
	require.NoError(t, os.WriteFile(file, []byte("# comment\n\none-thing = 10\ntwo=20\n three = 30 \ntext = a = b\n"), 0o600))
	env := map[string]string{"X_CONFIG": file, "X_TWO": "200", "X_ONE_THING": "100"}
	f := flags()
	require.NoError(t, Parse(f, []string{"-two", "2000"}, "config", "X_", func(k string) string { return env[k] }))
	require.Equal(t, map[string]string{
		"config": file, "one-thing": "100", "two": "2000", "three": "30", "text": "a = b",
	}, Values(f))
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	file := filepath.Join(t.TempDir(), "test.conf")
	for _, c := range []struct {
		file, env string
		args      []string
		want      string
	}{
		{args: []string{"extra"}, want: `unexpected argument "extra"`},
		{args: []string{"-nonsense"}, want: "nonsense"},
		{args: []string{"-config", filepath.Join(file, "none")}, want: "none"},
		{file: "two\n", want: "test.conf:1: not of the form"},
		{file: "\nnonsense = 1\n", want: "test.conf:2: no such flag"},
		{file: "two = many\n", want: "test.conf:1"},
		{env: "many", want: "X_TWO"},
	} {
		args := c.args
		if c.file != "" {
			require.NoError(t, os.WriteFile(file, []byte(c.file), 0o600))
			args = append(args, "-config", file)
		}
		env := func(k string) string { return map[string]string{"X_TWO": c.env}[k] }
		require.ErrorContains(t, Parse(flags(), args, "config", "X_", env), c.want)
	}
	require.ErrorIs(t, Parse(flags(), []string{"-h"}, "config", "X_", os.Getenv), flag.ErrHelp)
}
