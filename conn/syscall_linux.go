//go:build linux && !race

package conn

import (
	"syscall"
	"unsafe"
)

// A read or a small write on a non-blocking socket returns within microseconds.
// To tell the scheduler that the thread may block, as package syscall does,
// costs a good part of that: these do not. (Under the race detector they do,
// which then knows of the memory.)

// quick is how long a write may be: the kernel copies it meanwhile, and on
// loopback has the receiver take it in.
const quick = 16 << 10

func sysRead(fd int, p []byte) (int, error) {
	n, _, errno := syscall.RawSyscall(syscall.SYS_READ, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}

func sysWrite(fd int, p []byte) (int, error) {
	if len(p) > quick {
		return syscall.Write(fd, p)
	}
	n, _, errno := syscall.RawSyscall(syscall.SYS_WRITE, uintptr(fd), uintptr(unsafe.Pointer(unsafe.SliceData(p))), uintptr(len(p)))
	if errno != 0 {
		return 0, errno
	}
	return int(n), nil
}
