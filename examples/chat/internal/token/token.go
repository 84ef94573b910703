// Package token makes and checks the tokens that keep names: JSON Web Tokens
// (RFC 7519), signed with HMAC-SHA-256.
package token

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/golang-jwt/jwt/v5"
)

const (
	keyLength = 32
	issuer    = "longsplice chat"
)

// A Key signs tokens.
type Key []byte

// Open returns the key in a directory. On the first call it makes one, in a file
// that only its owner can read.
func Open(dir string) (Key, error) {
	name := filepath.Join(dir, "token.key")
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return create(dir, name)
	}
	if err != nil {
		return nil, err
	}
	if runtime.GOOS != "windows" && info.Mode().Perm()&0o077 != 0 {
		return nil, fmt.Errorf("%s can be read by others: it must have mode 0600", name)
	}
	key, err := os.ReadFile(name)
	if err == nil && len(key) != keyLength {
		err = fmt.Errorf("%s is not a key of %d bytes", name, keyLength)
	}
	return key, err
}

// create makes the file under another name first, so that there is never half a
// key. Whoever is second has to use the first one's.
func create(dir, name string) (Key, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	f, err := os.CreateTemp(dir, "token.key.*") // of mode 0600
	if err != nil {
		return nil, err
	}
	defer os.Remove(f.Name())
	key := make(Key, keyLength)
	_, _ = rand.Read(key) // never fails
	_, err = f.Write(key)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return nil, err
	}
	if err := os.Link(f.Name(), name); errors.Is(err, fs.ErrExist) {
		return Open(dir)
	} else if err != nil {
		return nil, err
	}
	return key, nil
}

type claims struct {
	jwt.RegisteredClaims
	Owner string `json:"own,omitempty"`
}

// Issue makes a token for a folded name. It holds for as long as the name is
// the owner's; with an empty owner, whoever has the name.
func (k Key) Issue(name, owner string, life time.Duration) (string, error) {
	now := time.Now()
	return jwt.NewWithClaims(jwt.SigningMethodHS256, claims{
		Owner: owner,
		RegisteredClaims: jwt.RegisteredClaims{
			Issuer: issuer, Subject: name,
			IssuedAt: jwt.NewNumericDate(now), ExpiresAt: jwt.NewNumericDate(now.Add(life)),
		},
	}).SignedString([]byte(k))
}

// Verify returns the owner that a token for a folded name says. Its errors say
// nothing of what is in the token.
func (k Key) Verify(token, name string) (owner string, err error) {
	var c claims
	_, err = jwt.ParseWithClaims(token, &c, func(*jwt.Token) (any, error) { return []byte(k), nil },
		jwt.WithValidMethods([]string{jwt.SigningMethodHS256.Alg()}),
		jwt.WithIssuer(issuer), jwt.WithSubject(name), jwt.WithExpirationRequired())
	switch {
	case errors.Is(err, jwt.ErrTokenExpired):
		return "", errors.New("the token has expired")
	case err != nil:
		return "", errors.New("the token is not one for this name")
	}
	return c.Owner, nil
}
