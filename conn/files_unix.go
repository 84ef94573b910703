//go:build unix

package conn

import (
	"math"
	"syscall"
)

// maxFiles is how many files the process may have open, 0 for no limit.
func maxFiles() int {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil || uint64(limit.Cur) > math.MaxInt32 {
		return 0
	}
	return int(limit.Cur)
}
