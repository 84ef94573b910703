package token

import (
	"encoding/base64"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/golang-jwt/jwt/v5"
	"github.com/stretchr/testify/require"
)

func TestTheKeyIsMadeOnceAndForItsOwner(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	key, err := Open(dir)
	require.NoError(t, err)
	require.Len(t, key, keyLength)
	again, err := Open(dir)
	require.NoError(t, err)
	require.Equal(t, key, again)
	files, err := os.ReadDir(dir)
	require.NoError(t, err)
	require.Len(t, files, 1, "nothing else is left lying about")
	if runtime.GOOS == "windows" {
		return // it has no such modes
	}
	info, err := os.Stat(filepath.Join(dir, "token.key"))
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), info.Mode().Perm())
	require.NoError(t, os.Chmod(filepath.Join(dir, "token.key"), 0o640))
	_, err = Open(dir)
	require.ErrorContains(t, err, "read by others")
}

func TestADamagedKeyIsNotUsed(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "token.key"), []byte("short"), 0o600))
	_, err := Open(dir)
	require.ErrorContains(t, err, "32 bytes")
}

func TestATokenIsForOneNameAndOwner(t *testing.T) {
	key := Key(strings.Repeat("k", keyLength))
	good, err := key.Issue("ann", "o1", time.Hour)
	require.NoError(t, err)
	owner, err := key.Verify(good, "ann")
	require.NoError(t, err)
	require.Equal(t, "o1", owner)
	_, err = key.Verify(good, "bob")
	require.Error(t, err)
	_, err = Key(strings.Repeat("x", keyLength)).Verify(good, "ann")
	require.Error(t, err)
}

func TestTokensThatAreRefused(t *testing.T) {
	key := Key(strings.Repeat("k", keyLength))
	sign := func(method jwt.SigningMethod, with any, c jwt.Claims) string {
		s, err := jwt.NewWithClaims(method, c).SignedString(with)
		require.NoError(t, err)
		return s
	}
	good := func() claims {
		return claims{Owner: "o", RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Subject: "ann", ExpiresAt: jwt.NewNumericDate(time.Now().Add(time.Hour)),
		}}
	}
	_, err := key.Verify(sign(jwt.SigningMethodHS256, []byte(key), good()), "ann")
	require.NoError(t, err, "what the others are variations of")

	expired, endless, foreign := good(), good(), good()
	expired.ExpiresAt = jwt.NewNumericDate(time.Now().Add(-time.Second))
	endless.ExpiresAt = nil
	foreign.Issuer = "another"
	parts := strings.Split(sign(jwt.SigningMethodHS256, []byte(key), good()), ".")
	forged := base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"` + issuer + `","sub":"ann","exp":9999999999,"own":"o"}`))
	none := base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`))
	for name, bad := range map[string]string{
		"empty":             "",
		"garbage":           "x.y.z",
		"expired":           sign(jwt.SigningMethodHS256, []byte(key), expired),
		"endless":           sign(jwt.SigningMethodHS256, []byte(key), endless),
		"another issuer":    sign(jwt.SigningMethodHS256, []byte(key), foreign),
		"another method":    sign(jwt.SigningMethodHS512, []byte(key), good()),
		"alg none":          sign(jwt.SigningMethodNone, jwt.UnsafeAllowNoneSignatureType, good()),
		"alg none, by hand": none + "." + parts[1] + ".",
		"other claims":      parts[0] + "." + forged + "." + parts[2],
		"no signature":      parts[0] + "." + parts[1] + ".",
	} {
		_, err := key.Verify(bad, "ann")
		require.Error(t, err, name)
		if len(bad) > 20 {
			require.NotContains(t, err.Error(), bad[:20], "what was shown is not repeated")
		}
	}
}
