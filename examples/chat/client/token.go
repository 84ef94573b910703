package main

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
)

// tokens keeps the tokens of names in a directory that only its user can read:
// one file for each server and name, so that clients do not disturb each other.
type tokens struct{ dir string }

// A kept token, as its file has it.
type kept struct {
	Server string `json:"server"`
	Name   string `json:"name"`
	Token  string `json:"token"`
}

// userTokens returns the place of the system's user.
func userTokens() (tokens, error) {
	dir, err := os.UserConfigDir()
	return tokens{filepath.Join(dir, "longsplice-chat")}, err
}

func (t tokens) file(server, name string) string {
	return filepath.Join(t.dir, fmt.Sprintf("%x.json", sha256.Sum256([]byte(server+"\x00"+name))))
}

// load returns the token of a name, empty if none is kept.
func (t tokens) load(server, name string) (string, error) {
	data, err := os.ReadFile(t.file(server, name))
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	var k kept
	if err := json.Unmarshal(data, &k); err != nil || k.Server != server || k.Name != name {
		return "", fmt.Errorf("%s is damaged: %w", t.file(server, name), errors.Join(err, fs.ErrInvalid))
	}
	return k.Token, nil
}

// store keeps the token of a name. The file is replaced as a whole.
func (t tokens) store(server, name, token string) error {
	data, err := json.Marshal(kept{server, name, token})
	if err != nil {
		return err
	}
	if err := os.MkdirAll(t.dir, 0o700); err != nil {
		return err
	}
	f, err := os.CreateTemp(t.dir, ".new-") // with mode 0600
	if err != nil {
		return err
	}
	_, err = f.Write(data)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), t.file(server, name))
	}
	if err != nil {
		os.Remove(f.Name())
	}
	return err
}
