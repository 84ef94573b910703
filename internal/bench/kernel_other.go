//go:build !linux

package main

import (
	"errors"
	"runtime"
	"time"
)

// measurable reports whether this system tells what the race has to know.
const measurable = false

func cpuTime(int) (time.Duration, error) { return 0, errors.ErrUnsupported }

func resident(int) (int64, error) { return 0, errors.ErrUnsupported }

func machine() string { return runtime.GOOS }
