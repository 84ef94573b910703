package main

import (
	"bytes"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// mapShared maps the first n bytes of a file, for all processes that do.
func mapShared(f *os.File, n int) ([]byte, error) {
	return syscall.Mmap(int(f.Fd()), 0, n, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_SHARED)
}

// dieWithParent has a child killed when the parent's thread that started it ends,
// even if the child is stopped.
func dieWithParent(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL} }

func freeze(p *os.Process) error { return p.Signal(syscall.SIGSTOP) }
func thaw(p *os.Process) error   { return p.Signal(syscall.SIGCONT) }

// fileLimit is how many descriptors a process may have.
func fileLimit() int {
	var l syscall.Rlimit
	if syscall.Getrlimit(syscall.RLIMIT_NOFILE, &l) != nil {
		return 0
	}
	return int(min(l.Cur, 1<<30))
}

// resident is how many bytes of this process's memory are in RAM, 0 where /proc
// does not tell.
func resident() int64 {
	statm, _ := os.ReadFile("/proc/self/statm")
	fields := bytes.Fields(statm)
	if len(fields) < 2 {
		return 0
	}
	pages, _ := strconv.ParseInt(string(fields[1]), 10, 64)
	return pages * int64(os.Getpagesize())
}

// files is how many descriptors this process has, 0 where /proc does not tell.
func files() int {
	names, _ := os.ReadDir("/proc/self/fd")
	return len(names)
}
