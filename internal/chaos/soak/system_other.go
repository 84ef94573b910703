//go:build !linux

package main

import (
	"errors"
	"os"
	"os/exec"
)

var errLinux = errors.New("the soak shares memory, stops processes and reads /proc: it needs Linux")

func mapShared(*os.File, int) ([]byte, error) { return nil, errLinux }
func dieWithParent(*exec.Cmd)                 {}
func freeze(*os.Process) error                { return errLinux }
func thaw(*os.Process) error                  { return errLinux }
func fileLimit() int                          { return 0 }
func resident() int64                         { return 0 }
func files() int                              { return 0 }
