package main

import (
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestTokens(t *testing.T) {
	kept := tokens{filepath.Join(t.TempDir(), "new", "place")}
	token, err := kept.load("tcp://a:1", "ann")
	require.NoError(t, err)
	require.Empty(t, token)
	require.NoError(t, kept.store("tcp://a:1", "ann", "first"))
	require.NoError(t, kept.store("tcp://a:1", "ann", "second"))
	require.NoError(t, kept.store("tcp://b:1", "ann", "other server"))
	require.NoError(t, kept.store("tcp://a:1", "bob", "other name"))
	token, err = kept.load("tcp://a:1", "ann")
	require.NoError(t, err)
	require.Equal(t, "second", token)

	files, err := os.ReadDir(kept.dir)
	require.NoError(t, err)
	require.Len(t, files, 3)
	if runtime.GOOS != "windows" {
		for _, f := range files {
			info, err := f.Info()
			require.NoError(t, err)
			require.Equal(t, os.FileMode(0o600), info.Mode())
		}
	}

	require.NoError(t, os.WriteFile(kept.file("tcp://a:1", "ann"), []byte("{"), 0o600))
	_, err = kept.load("tcp://a:1", "ann")
	require.ErrorContains(t, err, "damaged")
}
